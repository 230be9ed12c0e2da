import { expect, test } from '@jest/globals';
import type { Plan } from '@wattward/broker/wire/plan';
import { PlanIntake } from '../../src/intake/plan-intake.ts';

const PLAN: Plan = {
  v: 1,
  site: 'home-1',
  id: 'plan-1',
  issued: '2026-01-14T12:00:00.000Z',
  expires: '2026-01-15T12:00:00.000Z',
  slots: [
    {
      start: '2026-01-14T12:00:00.000Z',
      end: '2026-01-14T12:15:00.000Z',
      batteries: [],
      loadsOn: ['pool-heater'],
      houseLoadW: 300,
      houseLoadBandW: 100,
      storedValuePerKwh: 0.3,
    },
  ],
  currency: 'EUR',
  expectedCostMoney: 1,
  rulesCostMoney: 1.2,
  binding: [],
};

function intake() {
  const told: (string | null)[] = [];
  const problems: string[] = [];
  const plans = new PlanIntake({
    siteId: 'home-1',
    onPlan: (plan) => told.push(plan?.id ?? null),
    onProblem: (problem) => problems.push(problem),
  });
  return { plans, told, problems };
}

test('a plan that comes in holds, with its instants as the rules read them', () => {
  const { plans, told } = intake();
  plans.offer(JSON.stringify(PLAN));
  expect(told).toEqual(['plan-1']);
  expect(plans.told).toEqual(PLAN);
  expect(plans.plan).toMatchObject({
    id: 'plan-1',
    expiresAtMs: Date.parse(PLAN.expires),
    slots: [{ startMs: Date.parse('2026-01-14T12:00:00Z'), endMs: Date.parse('2026-01-14T12:15:00Z') }],
  });
});

test.each([
  ['that is of another site', JSON.stringify({ ...PLAN, site: 'home-2' }), 'home-2'],
  ['that is no JSON', '{', 'JSON'],
  ['without slots', JSON.stringify({ ...PLAN, slots: undefined }), 'slots'],
])('a plan %s is told as a problem, and no plan holds any more', (_, text, named) => {
  const { plans, told, problems } = intake();
  plans.offer(JSON.stringify(PLAN));
  plans.offer(text);
  expect(problems.join()).toContain(named);
  expect(told).toEqual(['plan-1', null]);
  expect(plans.plan).toBeNull();
});

test('that there is still no plan is told to nobody', () => {
  const { plans, told } = intake();
  plans.offer(null);
  plans.offer('{');
  expect(told).toEqual([]);
});
