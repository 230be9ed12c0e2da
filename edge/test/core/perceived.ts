/**
 * What the latch makes of a reading that went wrong, and tables of what a rule then does.
 *
 * Each state comes about as it does in the box: through `takeReading`, `signalAt` and `frozenTogether`, with the
 * plausibility of the site. A quantity that nobody judges for standing still stays good when it is frozen.
 */
import { expect, test } from '@jest/globals';
import { at } from '../../src/core/at.ts';
import type { Decision, RuleName } from '../../src/core/decision.ts';
import type { Settings } from '../../src/core/settings.ts';
import {
  frozenTogether,
  NO_MEMORY,
  type SignalSpec,
  signalAt,
  takeReading,
} from '../../src/core/signal-latch.ts';
import { type SiteSpecs, signalSpecs } from '../../src/core/signal-specs.ts';
import { type Reading, Run, START_MS, signal, type World } from './home.ts';
import { type Expected, play } from './table.ts';

const STATES = ['stale', 'frozen', 'absent', 'not a number', 'far too high'] as const;
export type State = (typeof STATES)[number];

export interface Case {
  readonly rule: RuleName;
  readonly signal: string;
  readonly spec: (specs: SiteSpecs) => SignalSpec;
  /** The home, run until the signal matters. */
  readonly start: () => Run;
  /** The value while all is well. */
  readonly usual: number;
  readonly world: (reading: Reading, run: Run) => World;
  readonly forS: number;
  /** Pace of the cycles; 1 where nothing is said. */
  readonly stepS?: number;
  /** What is decided with the usual value, and without it. */
  readonly good: Expected;
  readonly missing: Expected;
  /** How it freezes, where that is not for the latch to see. */
  readonly freeze?: (run: Run) => Run;
  /** Where a state has another meaning than the rest. */
  readonly but?: Readonly<Partial<Record<State, Expected>>>;
}

/** The reading as a rule gets it at the end of ten minutes in which the device said `usual`. */
export function perceived(state: State, spec: SignalSpec, usual: number): Reading {
  if (state === 'absent') return 'absent';
  let memory = NO_MEMORY;
  let nowMs = START_MS;
  for (let i = 0; i < 600; i++) {
    nowMs += 1000;
    // The last digit moves, unless the device hangs.
    memory = takeReading(spec, memory, state === 'frozen' ? usual : usual + (i % 2) / 1000, nowMs);
  }
  if (state === 'not a number') memory = takeReading(spec, memory, Number.NaN, nowMs);
  if (state === 'far too high') memory = takeReading(spec, memory, 1e9, nowMs);
  if (state === 'stale') nowMs += spec.freshMs + 1;
  const seen = signalAt(spec, memory, nowMs, frozenTogether([{ spec, memory }], nowMs));
  return seen.quality === 'good' ? seen.value : seen.quality;
}

/** A load's reading with this power. */
export const powerW = (reading: Reading, run: Run) => ({ powerW: signal(reading, run.nowMs + 1000) });

/** A rule's name and the signal's, as the tests are called. */
export function testMissing(cases: readonly Case[]): void {
  const starts = cases.map((row) => onceWarm(row.start));
  const rows = cases.flatMap((row, i) =>
    (['usual', ...STATES] as const).map((state) => ({ rule: row.rule, signal: row.signal, state, row, i })),
  );
  test.each(rows)('$rule, $signal: $state', ({ state, row, i }) => {
    const run = at(starts, i)();
    if (state === 'usual') playCase(row, run, row.usual, row.good);
    else if (state === 'frozen' && row.freeze) playCase(row, row.freeze(run), row.usual, row.missing);
    else {
      const reading = perceived(state, row.spec(signalSpecs(run.settings, 1000)), row.usual);
      const usual = typeof reading === 'number' ? row.good : row.missing;
      playCase(row, run, reading, row.but?.[state] ?? usual);
    }
  });
}

/** The home is run up once, and every test goes on from there. */
function onceWarm(start: () => Run): () => Run {
  let warm: Run | null = null;
  return () => {
    warm ??= start();
    const run = new Run(warm.settings, warm.state);
    run.nowMs = warm.nowMs;
    run.plan = warm.plan;
    return run;
  };
}

function playCase(row: Case, run: Run, reading: Reading, gives: Expected): void {
  const stepS = row.stepS ?? 1;
  for (let s = 1; s < row.forS; s += stepS) {
    mustBeSound(run.settings, run.step(row.world(reading, run), stepS * 1000).decision);
  }
  play(run, [{ when: `${row.signal}: ${reading}`, for: 1, in: row.world(reading, run), gives }]);
  // A number that is none would come back as null.
  expect(JSON.parse(JSON.stringify(run.state))).toEqual(run.state);
}

/** Whatever is read, what is commanded are powers within the limits. */
function mustBeSound(settings: Settings, decision: Decision): void {
  for (const [i, { chargeLimitW, dischargeLimitW, setpointW }] of decision.batteries.entries()) {
    const { maxChargeW, maxDischargeW } = at(settings.batteries, i);
    const charge = chargeLimitW >= 0 && chargeLimitW <= maxChargeW;
    const discharge = dischargeLimitW >= 0 && dischargeLimitW <= maxDischargeW;
    const setpoint = setpointW === null || (setpointW >= -maxChargeW && setpointW <= maxDischargeW);
    if (!charge || !discharge || !setpoint) throw new Error(JSON.stringify(decision.batteries[i]));
  }
}

/** Charge that has stood still while nine kilowatt-hours left the battery. */
export function chargeStandsStill(run: Run): Run {
  const socPct = 50;
  const { batteries } = run.state;
  const still = batteries.map((battery) => ({ ...battery, seenSocPct: socPct, sinceSocMovedWh: 9000 }));
  run.state = { ...run.state, batteries: still };
  return run;
}
