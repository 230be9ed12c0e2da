import { expect, test } from '@jest/globals';
import { Doorway } from '../../src/server/doorway.ts';

test('a hundred that come together enter in their order, and each lets the loop serve others first', async () => {
  const doorway = new Doorway();
  const order: string[] = [];
  let turn = 0;
  const enteredInTurn: number[] = [];
  await new Promise<void>((resolve) => {
    const next = () => {
      turn += 1;
      if (turn < 200) setImmediate(next);
      else resolve();
    };
    setImmediate(next);
    for (let i = 0; i < 100; i += 1) {
      doorway.enter(() => {
        order.push(String(i));
        enteredInTurn.push(turn);
      });
    }
  });
  expect(order).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
  expect(new Set(enteredInTurn).size).toBe(100);
});

test('who comes when all are in enters as well', async () => {
  const doorway = new Doorway();
  for (let i = 0; i < 3; i += 1) await new Promise<void>((resolve) => doorway.enter(resolve));
});
