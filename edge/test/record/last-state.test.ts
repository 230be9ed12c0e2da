import { expect, test } from '@jest/globals';
import type { State } from '../../src/core/state.ts';
import { lastState } from '../../src/record/last-state.ts';

const stateOf = (atMs: number) => ({ atMs, cycle: atMs / 1000 }) as State;
const saved = (atMs: number) => JSON.stringify(stateOf(atMs));

test.each([
  ['the recorded cycles lead further than the saved state', saved(1_000), stateOf(61_000), 61_000],
  ['the state was saved after the last cycle that is safe', saved(61_000), stateOf(1_000), 61_000],
  ['there are no recorded cycles', saved(1_000), null, 1_000],
  ['nothing was ever saved', null, stateOf(1_000), 1_000],
  ['the saved state is damaged', '{"atMs":9', stateOf(1_000), 1_000],
  ['the saved state has no time', '{}', stateOf(1_000), 1_000],
])('the newer of both is gone on from: %s', (_, savedJson, replayed, atMs) => {
  expect(lastState(savedJson, replayed)).toMatchObject({ atMs });
});

test('a box that has neither begins afresh', () => {
  expect(lastState(null, null)).toBeNull();
});
