/**
 * What would switch off a load that is on: a rule that protects (whatever its minimum on-time), or the end of what
 * it runs for.
 */
import type { Condition } from '@wattward/broker/wire/explanation';
import type { Cycle } from '../cycle.ts';
import { drawnW, onPhaseW, programStarted } from '../load-power.ts';
import type { ManagedLoad } from '../managed.ts';
import { phaseCurrentA } from '../rules/fuse.ts';
import { importLimitInForceW } from '../rules/operator-limit.ts';
import { remainingMs } from '../served.ts';
import type { PhaseIndex } from '../settings.ts';
import { BRIDGE_W, dischargingW } from '../surplus-loads.ts';
import { need, orderLeftMs, slotLeftMs, type Way, wait } from './condition.ts';
import { budgetNeeds } from './load-on.ts';

/** The ways in which a load that is on goes off, the likeliest first. */
export function waysOff(cycle: Cycle, load: ManagedLoad): Way[] {
  const { settings, state } = load;
  const care = [
    ...wait('relay-care', settings.minOnMs - (cycle.nowMs - state.sinceMs)),
    ...budgetNeeds(cycle, load, 1),
  ];
  return [...ends(cycle, load).map((end) => [...care, ...end]), ...protective(cycle, load)];
}

/** What could end its run; one way without conditions when nothing wants it any more. */
function ends(cycle: Cycle, load: ManagedLoad): Way[] {
  if (load.choice !== true) return [[]];
  const person = need({
    rule: 'orders',
    signal: 'person',
    comparison: 'equals',
    present: 'on',
    needed: 'off',
  });
  return [...ownEnds(cycle, load), [person]];
}

function ownEnds(cycle: Cycle, load: ManagedLoad): Way[] {
  const reason = load.choiceReason;
  switch (reason?.code) {
    case 'override-portal':
    case 'override-button':
    case 'order-load':
      return load.settings.use === 'always' ? [] : [wait('orders', orderLeftMs(reason))];
    case 'plan-load':
      return [wait('plan', slotLeftMs(cycle))];
    case 'deadline-run':
    case 'program-runs':
      return [wait('loads', remainingMs(load))];
    case 'surplus-on':
    case 'surplus-run':
    case 'surplus-probe':
      return surplusEnds(cycle);
    default:
      return [];
  }
}

function surplusEnds(cycle: Cycle): Way[] {
  const { state, nowMs } = cycle;
  const { offImportW, offMs, bridgeMs } = cycle.settings.surplus;
  const left = (spanMs: number, sinceMs: number) =>
    Math.max(0, spanMs - (sinceMs === 0 ? 0 : nowMs - sinceMs));
  const imports = need({
    rule: 'loads',
    signal: 'importW',
    comparison: 'above',
    present: cycle.gridMeanW,
    needed: offImportW,
    forMs: left(offMs, state.importSinceMs),
  });
  if (cycle.batteries.length === 0) return [[imports]];
  const bridges = need({
    rule: 'loads',
    signal: 'bridgeW',
    comparison: 'above',
    present: dischargingW(cycle),
    needed: BRIDGE_W,
    forMs: left(bridgeMs, state.bridgeSinceMs),
  });
  return [[imports], [bridges]];
}

/** Rules 2 to 5, 1: what would shed it. Essential loads are shed for the fuse only. */
function protective(cycle: Cycle, load: ManagedLoad): Way[] {
  const ways: Way[] = [];
  const { settings, snapshot } = cycle;
  const { essential } = load.settings;
  const begun = programStarted(load);
  if (!essential && !cycle.outage) {
    const limitW = importLimitInForceW(cycle);
    const beforeW = shedBeforeW(cycle, load, 0);
    const demand = (rule: 'operator-limit' | 'peak-watch', limit: number): Condition =>
      need({
        rule,
        signal: 'demandW',
        comparison: 'above',
        present: cycle.demandMeanW,
        needed: limit + beforeW,
      });
    if (!begun) ways.push([demand('peak-watch', settings.peak.thresholdW)]);
    if (limitW !== null) ways.push([demand('operator-limit', limitW)]);
  }
  if (!cycle.outage) ways.push(...fuseWays(cycle, load));
  if (!essential) {
    const present = snapshot.grid.state;
    ways.push([need({ rule: 'outage', signal: 'gridState', comparison: 'equals', present, needed: 'lost' })]);
  }
  if (!essential && !begun) {
    const { quality } = snapshot.grid.powerW;
    const forMs = settings.trust.failsafeMs;
    const word = { present: quality, needed: 'stale', forMs };
    ways.push([need({ rule: 'trust', signal: 'gridPowerQuality', comparison: 'equals', ...word })]);
  }
  return ways;
}

function fuseWays(cycle: Cycle, load: ManagedLoad): Way[] {
  const { grid, fuse } = cycle.settings;
  const ways: Way[] = [];
  for (let p = 0; p < grid.phases; p++) {
    const phase = (p + 1) as PhaseIndex;
    if (onPhaseW(load, phase, 1, grid.phases) === 0) continue;
    const needed = fuse.slowFactor * grid.fuseA + shedBeforeW(cycle, load, phase) / grid.nominalVoltageV;
    const numbers = { present: phaseCurrentA(cycle, p), needed, forMs: fuse.slowMeanMs, params: { phase } };
    ways.push([need({ rule: 'fuse', signal: 'phaseA', comparison: 'above', ...numbers })]);
  }
  return ways;
}

/** What would be shed before this load: less important ones that are on, watts on `phase`. */
function shedBeforeW(cycle: Cycle, load: ManagedLoad, phase: PhaseIndex): number {
  let sumW = 0;
  const rank = cycle.byPriority.indexOf(load);
  for (const [k, other] of cycle.byPriority.entries()) {
    if (other === load || !other.state.on) continue;
    const { essential } = other.settings;
    const before = essential === load.settings.essential ? k > rank : load.settings.essential;
    if (before) sumW += onPhaseW(other, phase, drawnW(other), cycle.settings.grid.phases);
  }
  return sumW;
}
