/**
 * Where each field of a decision shows outside the box. A field is observed when what is seen goes along with what was
 * decided, and both took at least two values: a coincidence of constants shows nothing.
 */
import type { SiteState } from '@wattward/broker/wire/site';
import { valuesAt, valuesNamed } from './field-values.ts';
import type { MovedHome } from './moving-home.ts';

/** What was decided, and what was seen of it. */
type Pair = readonly [decided: unknown, seen: unknown];
type Observation = (home: MovedHome, path: string) => Iterable<Pair>;
type Cycle = MovedHome['cycles'][number];

/** Cycles whose live state was heard; the broker does not keep it, and a fast home may pass one over. */
function heardCycles(
  { cycles, states }: MovedHome,
  look: (cycle: Cycle, state: SiteState) => Pair[],
): Pair[] {
  return cycles.flatMap((cycle) => {
    const state = states.get(cycle.decision.cycle);
    return state ? look(cycle, state) : [];
  });
}

/** Lists of different length do not fit. */
function pairsOf(decided: readonly unknown[], seen: readonly unknown[]): Pair[] {
  return Array.from({ length: Math.max(decided.length, seen.length) }, (_, i) => [decided[i], seen[i]]);
}

/** In the live state of the same cycle. */
function inState(place: (path: string) => string): Observation {
  return (home, path) =>
    heardCycles(home, ({ decision }, state) =>
      pairsOf(valuesAt(decision, path), valuesAt(state, place(path))),
    );
}

const renamed = (from: string, to: string) => inState((path) => to + path.slice(from.length));
const at = (place: string) => inState(() => place);

/** In the books of the box: each slot of its ledger as the cycle closed it. */
const inLedger: Observation = ({ cycles, slots }, path) =>
  slots.flatMap((slot) =>
    cycles
      .filter(({ decision }) => decision.closedSlot?.startMs === slot.startMs)
      .flatMap(({ decision }) => pairsOf(valuesAt(decision, path), valuesAt({ closedSlot: slot }, path))),
  );

/** In the journal, record for record. */
const inJournal: Observation = ({ cycles, journal }, path) =>
  pairsOf(
    cycles.flatMap(({ decision }) => valuesAt(decision, path)),
    valuesAt({ outcomes: journal }, path),
  );

/** As an event, when it begins to stand. */
const asEvent: Observation = ({ cycles, events }, path) =>
  cycles.flatMap(({ decision }) =>
    decision.alarms.map((alarm): Pair => {
      const told = events.find(
        ({ code, params }) => code === alarm.code && params.actuator === alarm.actuator,
      );
      const { actuator, ...params } = told?.params ?? {};
      const seen = told && { code: told.code, actuator, params };
      const [value] = valuesAt({ alarms: [alarm] }, path);
      return [value, seen && valuesAt({ alarms: [seen] }, path)[0]];
    }),
  );

/** In any message, under one of these names: for what nobody is told yet, wherever it may be told one day. */
function namedAs(...names: readonly string[]): Observation {
  return ({ cycles, heard }, path) => {
    const seen = heard.flatMap(({ message }) => names.flatMap((name) => valuesNamed(message, name)));
    return cycles.flatMap(({ decision }) =>
      valuesAt(decision, path).map((value): Pair => [value, seen.find((one) => isSame(value, one))]),
    );
  };
}

/** By what prefix of the field; the longest that fits counts. */
const OBSERVATIONS: Readonly<Record<string, Observation>> = {
  atMs: (home) =>
    heardCycles(home, ({ decision, record }, state) => {
      const { atMs, quality } = record.snapshot.grid.powerW;
      return quality === 'absent' ? [] : [[decision.atMs - atMs, state.signals.gridPowerW?.ageMs]];
    }),
  cycle: at('cycle'),
  homeMode: at('mode'),
  reason: renamed('reason', 'reason'),
  loads: renamed('loads', 'loads'),
  'loads[].on': at('loads[].desired'),
  'loads[].sinceMs': (home) =>
    heardCycles(home, ({ decision }, state) =>
      decision.loads.map(({ sinceMs }, i): Pair => {
        const since = state.loads[i]?.since ?? null;
        const age = sinceMs === null ? null : decision.atMs - sinceMs;
        return [age, since === null ? null : Date.parse(state.at) - Date.parse(since)];
      }),
    ),
  batteries: renamed('batteries', 'batteries'),
  exportLimit: namedAs('exportLimit', 'exportLimitW'),
  balance: renamed('balance', 'power'),
  allocation: renamed('allocation', 'allocation'),
  demand: renamed('demand', 'peak'),
  'demand.peakActive': at('peak.active'),
  today: renamed('today', 'today'),
  closedSlot: inLedger,
  importPricePerKwh: at('price.importPricePerKwh'),
  exportPricePerKwh: at('price.exportPricePerKwh'),
  outcomes: inJournal,
  alarms: asEvent,
};

/**
 * The only battery has one name; a row of the ledger is kept whole or not at all; an alarm is told or not, and what is
 * told of it is its own.
 */
const ONE_VALUE_IS_ENOUGH = /^(?:batteries\[\]\.id|closedSlot\.|alarms\[\]\.)/;

export function isObserved(home: MovedHome, path: string): boolean {
  const prefix = Object.keys(OBSERVATIONS)
    .filter((name) => path === name || path.startsWith(`${name}.`) || path.startsWith(`${name}[]`))
    .reduce((longest, name) => (name.length > longest.length ? name : longest), '');
  const observe = OBSERVATIONS[prefix];
  if (!observe) return false;
  const pairs = [...observe(home, path)];
  const decided = new Set(pairs.map(([value]) => JSON.stringify(value)));
  const fits = pairs.length > 0 && pairs.every(([value, seen]) => isSame(value, seen));
  return fits && decided.size >= (ONE_VALUE_IS_ENOUGH.test(path) ? 1 : 2);
}

/** Ages are told in whole milliseconds. */
function isSame(decided: unknown, seen: unknown): boolean {
  if (typeof decided === 'number' && typeof seen === 'number') return Math.abs(decided - seen) <= 1;
  return JSON.stringify(decided) === JSON.stringify(seen);
}
