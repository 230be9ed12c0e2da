import { expect, test } from '@jest/globals';
import { consumptionW, flowsOf } from '../../features/cockpit/flow-routes.ts';
import { sunny } from './site-states.ts';

test('only what flows is drawn as flowing', () => {
  const active = flowsOf(sunny, { pv: true, battery: true }).filter((flow) => flow.active);
  expect(active.map(({ id, watts }) => [id, watts])).toEqual([
    ['solar-house', 1800],
    ['solar-battery', 1200],
  ]);
});

test('a home without a battery has no way to one', () => {
  const ids = flowsOf(sunny, { pv: true, battery: false }).map(({ id }) => id);
  expect(ids.filter((id) => id.includes('battery'))).toEqual([]);
  expect(ids).toContain('solar-grid');
});

test('more power is a wider and faster line', () => {
  const at = (watts: number) =>
    flowsOf({ ...sunny, power: { ...sunny.power, managedLoadW: watts } }, { pv: true, battery: true }).find(
      ({ id }) => id === 'house-loads',
    );
  const small = at(200);
  const large = at(7000);
  expect((large?.width ?? 0) > (small?.width ?? 0)).toBe(true);
  expect((large?.seconds ?? 0) < (small?.seconds ?? 0)).toBe(true);
});

test('an unknown base load is not taken for zero', () => {
  expect(consumptionW({ ...sunny.power, houseLoadW: null, managedLoadW: 2000 })).toBeNull();
  expect(consumptionW({ ...sunny.power, managedLoadW: 2000 })).toBe(3800);
});
