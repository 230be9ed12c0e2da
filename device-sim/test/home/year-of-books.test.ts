/** The books of every home that ships close over time: a year with WATTWARD_LONG=1, three weeks without. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { readHome } from '../../src/home/home-file.ts';
import { RunningHome } from '../../src/home/running-home.ts';
import { HOMES_DIR } from './homes.ts';

const STEP_MS = 600_000;
const DAYS = process.env.WATTWARD_LONG === '1' ? 365 : 21;
const START_MS = Date.UTC(2025, 0, 1);
const homes = readdirSync(HOMES_DIR).filter((name) => name.endsWith('.yaml') && !name.endsWith('.site.yaml'));

test.each(homes)(
  `${DAYS} days of %s close their books to a millionth of the energy that moved`,
  (name) => {
    const home = new RunningHome(readHome(path.join(HOMES_DIR, name)), START_MS, { stepMs: STEP_MS });
    const first = home.state;
    let worst = 0;
    for (let atMs = 0; atMs <= DAYS * 86_400_000; atMs += 600_000) {
      // Relays let their loads run in the first half of each hour of the day.
      const open = Math.floor(atMs / 3_600_000) % 2 === 0;
      for (const load of home.model.loads) if (load.relay) home.setRelay(load.id, open);
      home.advanceTo(START_MS + atMs, 1e6);
      worst = Math.max(worst, Math.abs(home.flows.residualJ) / Math.max(1, home.flows.movedJ));
    }
    const { totals } = home.state;
    const storedJ = home.model.storedJ(home.state) - home.model.storedJ(first);
    const inJ = totals.sunJ + totals.gridInJ;
    const missingJ = inJ - totals.gridOutJ - totals.heatJ - totals.usedJ - storedJ;
    expect(inJ).toBeGreaterThan(DAYS * 3 * 3.6e6);
    expect(Math.abs(missingJ)).toBeLessThan(1e-6 * (inJ + totals.gridOutJ));
    expect(worst).toBeLessThan(1e-6);
  },
  120_000,
);
