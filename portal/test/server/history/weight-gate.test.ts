import { expect, test } from '@jest/globals';
import { WeightGate } from '../../../server/history/weight-gate.ts';

/** Names of who is in, in the order they came in. */
function visitors(gate: WeightGate) {
  const inside: string[] = [];
  const leaves = new Map<string, () => void>();
  const enter = (name: string, weight: number) =>
    gate.enter(weight).then((leave) => {
      inside.push(name);
      leaves.set(name, leave);
    });
  const leave = async (name: string) => {
    leaves.get(name)?.();
    inside.splice(inside.indexOf(name), 1);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { inside, enter, leave };
}

test('as many come in as fit, the others wait in the order they came', async () => {
  const { inside, enter, leave } = visitors(new WeightGate(10));
  await Promise.all([enter('a', 4), enter('b', 6)]);
  const later = [enter('c', 7), enter('d', 1), enter('e', 2)];
  await Promise.resolve();
  expect(inside).toEqual(['a', 'b']);
  await leave('a');
  expect(inside).toEqual(['b']);
  await leave('b');
  expect(inside).toEqual(['c', 'd', 'e']);
  await Promise.all(later);
});

test('what is heavier than the bound goes in alone', async () => {
  const { inside, enter, leave } = visitors(new WeightGate(10));
  await enter('a', 1);
  const heavy = enter('heavy', 99);
  const after = enter('b', 1);
  await Promise.resolve();
  expect(inside).toEqual(['a']);
  await leave('a');
  expect(inside).toEqual(['heavy']);
  await leave('heavy');
  expect(inside).toEqual(['b']);
  await Promise.all([heavy, after]);
});
