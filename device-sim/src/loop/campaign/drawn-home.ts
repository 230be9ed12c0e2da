/** The home, the installation and the day that a seed begins with. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readHome } from '../../home/home-file.ts';
import type { Home } from '../../home/schema.ts';
import { type InstalledSite, installedSite, readSiteFile } from '../installed-site.ts';
import type { Random } from './random.ts';

const HOMES = path.resolve(import.meta.dirname, '../../../homes');
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Midnights, UTC, before the clocks of the home's zone are set. */
const BEFORE_CLOCK_CHANGE_MS = [Date.UTC(2026, 2, 29), Date.UTC(2026, 9, 25)] as const;

/** Any hour of a year, and often a night in which the clocks are set. */
export function drawStartMs(random: Random): number {
  const any = Date.UTC(2026, 0, 1) + random.whole(0, 360) * DAY_MS + random.whole(0, 23) * HOUR_MS;
  return random.chance(0.15) ? random.pick(BEFORE_CLOCK_CHANGE_MS) : any;
}

const PHASES = ['L1', 'L2', 'L3'] as const;

/** A home and what its installer made of it: charge, sun, phases, fuse, threshold, priorities, an interlock. */
export function drawHome(random: Random): { readonly home: Home; readonly site: InstalledSite } {
  const file = readHome(path.join(HOMES, 'default.yaml'));
  const initialSocPct = random.chance(0.3) ? random.between(5, 14) : random.between(8, 98);
  // A small battery is empty after an hour.
  const capacityWh = random.pick([2_500, 5_000, 10_000]);
  const phases = new Map<string, 1 | 2 | 3>();
  const objects = file.objects.map((object) => {
    if (object.kind === 'battery') return { ...object, initialSocPct, capacityWh };
    if (object.kind === 'pv') return { ...object, peakW: object.peakW * random.between(0.3, 1.4) };
    if (!('phase' in object) || object.phase === 'all') return object;
    const n = random.pick([1, 2, 3] as const);
    phases.set(object.id, n);
    return { ...object, phase: PHASES[n - 1] ?? 'L1' };
  });
  const home = { ...file, seed: random.whole(1, 0xffff_ffff), objects };
  return { home, site: drawSite(random, phases, capacityWh) };
}

/** What an installer may have entered, read on by the box's own settings. */
function drawSite(random: Random, phases: ReadonlyMap<string, 1 | 2 | 3>, capacityWh: number): InstalledSite {
  const siteId = `home-${random.whole(1, 99)}`;
  const { site } = readSiteFile(siteId, readFileSync(path.join(HOMES, 'default.site.yaml'), 'utf8'));
  const interlock = random.chance(0.3) ? 1 : 0;
  const order = site.loads.map((_, i) => ({ i, rank: random.next() })).sort((a, b) => a.rank - b.rank);
  const essential = random.chance(0.5) ? random.whole(0, site.loads.length - 1) : -1;
  // Contacts that an installer lets move at any time: nothing but what is tested holds them back.
  const free = random.chance(0.3) ? { minOnS: 0, minOffS: 0 } : {};
  const loads = site.loads.map((load, i) => ({
    ...load,
    ...(load.kind === 'interruptible' ? free : {}),
    priority: order.findIndex((entry) => entry.i === i) + 1,
    interlock: load.kind === 'interruptible' ? interlock : 0,
    phase: PHASES[(phases.get(load.id) ?? 0) - 1] ?? load.phase,
    essential: load.essential || i === essential,
  }));
  return installedSite(siteId, {
    ...site,
    loads,
    batteries: site.batteries.map((battery) => ({ ...battery, capacityWh })),
    grid: { ...site.grid, fuseA: random.pick([16, 20, 25]) },
    control: {
      ...site.control,
      peak: { ...site.control.peak, thresholdW: random.pick([5000, 7000, 9000]) },
    },
  });
}
