/** Long runs of a home and its box with the oracle watching: how a scenario is played and what is told of it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Settings } from '@wattward/edge/core/settings';
import { Witness, type WitnessOptions } from '../../src/loop/campaign/witness.ts';
import type { CycleRecord } from '../../src/loop/closed-loop.ts';
import { type InstalledSite, readSiteFile } from '../../src/loop/installed-site.ts';

export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const HOMES_DIR = path.resolve(import.meta.dirname, '../../homes');

/** `WATTWARD_LONG=1` runs every scenario in steps of a second and repeats all of it. */
const { WATTWARD_LONG } = process.env;
export const LONG = WATTWARD_LONG === '1';

export function siteOf(
  name: string,
  change: (settings: Settings) => Partial<Settings> = () => ({}),
): InstalledSite {
  const text = readFileSync(path.join(HOMES_DIR, `${name}.site.yaml`), 'utf8');
  const site = readSiteFile('home-1', text);
  return { ...site, settings: { ...site.settings, ...change(site.settings) } };
}

export interface Scenario {
  readonly options: WitnessOptions;
  readonly lengthMs: number;
  /** Before each cycle. */
  act?(witness: Witness): void;
  /** After each cycle. */
  see?(record: CycleRecord, witness: Witness): void;
  /** What this scenario is to show, in numbers. */
  facts?(witness: Witness): Readonly<Record<string, number>>;
}

export interface Report {
  readonly hash: string;
  /** The hash when a quarter was over. */
  readonly quarterHash: string;
  readonly violations: readonly string[];
  readonly modes: readonly string[];
  /** Times that the busiest load was switched. */
  readonly mostSwitches: number;
  readonly facts: Readonly<Record<string, number>>;
}

/** Plays `share` of a scenario. */
export function play(scenario: Scenario, share: number): Report {
  const { options, lengthMs } = scenario;
  const witness = new Witness(options);
  const endMs = options.startMs + lengthMs * share;
  const modes = new Set<string>();
  const switches = new Map<string, number>();
  let quarterHash = '';
  while (witness.loop.nowMs < endMs) {
    scenario.act?.(witness);
    const record = witness.cycle();
    scenario.see?.(record, witness);
    if (record.decision) modes.add(record.decision.homeMode);
    for (const { id, changed } of record.decision?.loads ?? []) {
      if (changed) switches.set(id, (switches.get(id) ?? 0) + 1);
    }
    const quarter = record.nowMs >= options.startMs + lengthMs / 4;
    if (quarterHash === '' && quarter) quarterHash = witness.loop.trace.digest();
  }
  const { violations } = witness.oracle;
  return {
    hash: witness.loop.trace.digest(),
    quarterHash,
    violations: violations.map((v) => `${v.invariant} ${new Date(v.atMs).toISOString()} ${v.what}`),
    modes: [...modes],
    mostSwitches: Math.max(0, ...switches.values()),
    facts: { ...scenario.facts?.(witness), replayBroken: witness.loop.replayBroken ? 1 : 0 },
  };
}
