/** A share of the lease campaign; `npm run lease-campaign` runs all of it. */
import { expect, test } from '@jest/globals';
import { runLeases } from './lease-run.ts';

const SEEDS = 40;

test('box, broker, Wi-Fi and board fail in every way, and no relay is away from its safe state past its lease', () => {
  const totals: Record<string, number> = {};
  for (let seed = 1; seed <= SEEDS; seed += 1) {
    const { breaches, counts } = runLeases(seed);
    expect({ seed, breaches }).toEqual({ seed, breaches: [] });
    for (const [what, n] of Object.entries(counts)) totals[what] = (totals[what] ?? 0) + n;
  }
  // Nothing is proved by seeds in which nothing happens.
  for (const what of [
    'boots',
    'departures',
    'returns',
    'fresh commands',
    'hostile: late',
    'hostile: repeated',
  ]) {
    expect([what, (totals[what] ?? 0) > SEEDS]).toEqual([what, true]);
  }
}, 120_000);

test('the same seed gives the same run', () => {
  expect(runLeases(7)).toEqual(runLeases(7));
});
