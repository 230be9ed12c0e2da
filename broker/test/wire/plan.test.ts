import { expect, test } from '@jest/globals';
import { parseMessage } from '../../src/wire/message.ts';
import type { Plan } from '../../src/wire/plan.ts';
import { EXAMPLES } from './examples.ts';

const plan = EXAMPLES.sitePlan;
const [slot] = plan.slots;
if (!slot) throw new Error('the example has no slot');
const [battery] = slot.batteries;
if (!battery) throw new Error('the example has no battery');

const problemOf = (change: Partial<Plan>): string | null => {
  const parsed = parseMessage('sitePlan', JSON.stringify({ ...plan, ...change }));
  return parsed.ok ? null : parsed.problem;
};

test.each<[string, Partial<Plan>, RegExp]>([
  ['slots that overlap', { slots: [slot, slot] }, /do not overlap/],
  ['a slot that ends before it starts', { slots: [{ ...slot, end: slot.start }] }, /ends after it starts/],
  ['a plan that is over when it is made', { expires: plan.issued }, /expires after it is issued/],
  ['no slots at all', { slots: [] }, /slots/],
  [
    'a band upside down',
    { slots: [{ ...slot, batteries: [{ ...battery, socMinPct: 60, socMaxPct: 50 }] }] },
    /socMinPct is above socMaxPct/,
  ],
  [
    'a limit below zero',
    { slots: [{ ...slot, batteries: [{ ...battery, chargeLimitW: -1 }] }] },
    /chargeLimitW/,
  ],
])('%s is refused in words', (_, change, problem) => {
  expect(problemOf(change)).toMatch(problem);
});

test('the inverter’s own will cannot be planned', () => {
  const slots = [{ ...slot, batteries: [{ ...battery, mode: 'auto' }] }] as unknown as Plan['slots'];
  expect(problemOf({ slots })).toMatch(/mode/);
});

test('two days in slots, 15 min for the first and half an hour for the second, fit one message', () => {
  const at = (minutes: number) => new Date(Date.parse(plan.issued) + minutes * 60_000).toISOString();
  const minutes = [
    ...Array.from({ length: 97 }, (_, i) => i * 15),
    ...Array.from({ length: 48 }, (_, i) => 1470 + i * 30),
  ];
  const slots = minutes.slice(0, -1).map((start, i) => ({
    ...slot,
    start: at(start),
    end: at(minutes[i + 1] ?? 0),
    batteries: [battery, battery],
  }));
  expect(problemOf({ slots })).toBeNull();
});
