/**
 * What a load that is off needs to be switched on: every rule that holds it must let go, and something must want it.
 *
 * The numbers are those of the rules themselves; the tests make each condition true and see the load switch.
 */
import type { Condition } from '@wattward/broker/wire/explanation';
import type { Cycle } from '../cycle.ts';
import type { RuleName } from '../decision.ts';
import { interlockPartners, lockedBy } from '../interlock.ts';
import { onPhaseW } from '../load-power.ts';
import type { ManagedLoad } from '../managed.ts';
import { phaseCurrentA } from '../rules/fuse.ts';
import { isQuiet, isServed } from '../rules/loads.ts';
import { importLimitInForceW } from '../rules/operator-limit.ts';
import { exitW } from '../rules/peak-watch.ts';
import { offSinceMs } from '../rules/relay-care.ts';
import { remainingMs, timeToDeadlineMs } from '../served.ts';
import type { PhaseIndex } from '../settings.ts';
import { pendingStartW, waitingBefore } from '../shedding.ts';
import { spreadOf } from '../spread.ts';
import { startPowerW, surplusW } from '../surplus-loads.ts';
import { DAY_MS, HOUR_MS, switchesWithin } from '../switch-history.ts';
import { need, orderLeftMs, trustNeeds, type Way, wait } from './condition.ts';

const MINUTE_MS = 60_000;

/** The ways in which a load that is off comes on; none when nothing but a change of settings would do it. */
export function waysOn(cycle: Cycle, load: ManagedLoad): Way[] {
  const held = [
    ...trustNeeds(cycle),
    ...outageNeeds(cycle, load),
    ...fuseNeeds(cycle, load),
    ...limitNeeds(cycle, load),
    ...peakNeeds(cycle, load),
    ...careNeeds(cycle, load),
  ];
  return wishes(cycle, load).map((wish) => [...held, ...wish]);
}

function outageNeeds(cycle: Cycle, load: ManagedLoad): Condition[] {
  if (load.state.shed?.rule !== 'outage') return [];
  const { outage: limits } = cycle.settings;
  const rule = 'outage';
  let before = 0;
  for (const other of cycle.byPriority) {
    if (other === load) break;
    if (other.state.shed?.rule === rule) before++;
  }
  const queueMs = before * limits.nextReturnMs;
  if (!cycle.outage) return wait(rule, cycle.state.outage.nextReturnMs - cycle.nowMs + queueMs);
  const present = cycle.snapshot.grid.state;
  return [
    need({ rule, signal: 'gridState', comparison: 'equals', present, needed: 'present' }),
    ...wait(rule, limits.firstReturnMs + spreadOf(cycle.settings.siteId, limits.spreadMs) + queueMs),
  ];
}

function fuseNeeds(cycle: Cycle, load: ManagedLoad): Condition[] {
  const { grid, fuse } = cycle.settings;
  const shed = load.state.shed?.rule === 'fuse';
  const factor = shed ? fuse.returnFactor : 1;
  const marginA = shed ? fuse.returnMarginFactor * grid.fuseA : 0;
  const rooms: Condition[] = [];
  for (let p = 0; p < grid.phases; p++) {
    const phase = (p + 1) as PhaseIndex;
    const loadA = onPhaseW(load, phase, load.settings.nominalPowerW, grid.phases) / grid.nominalVoltageV;
    const present = phaseCurrentA(cycle, p);
    const needed = fuse.slowFactor * grid.fuseA - factor * loadA - marginA;
    if (loadA === 0 || (present !== null && present <= needed)) continue;
    const forMs = shed ? fuse.returnMs : 0;
    const numbers = { present, needed, forMs, params: { phase } };
    rooms.push(need({ rule: 'fuse', signal: 'phaseA', comparison: 'at-most', ...numbers }));
  }
  return [
    ...rooms,
    ...returnNeeds(cycle, load, { rule: 'fuse', fits: rooms.length === 0, fitMs: fuse.returnMs }),
  ];
}

function limitNeeds(cycle: Cycle, load: ManagedLoad): Condition[] {
  const limitW = importLimitInForceW(cycle);
  if (limitW === null || cycle.outage) return [];
  const returning = load.state.shed?.rule === 'operator-limit';
  const roomW = returning ? limitW * cycle.settings.operator.returnShare : limitW + cycle.batteryHeadroomW;
  return demandNeeds(cycle, load, 'operator-limit', roomW);
}

function peakNeeds(cycle: Cycle, load: ManagedLoad): Condition[] {
  if (cycle.outage) return [];
  const { peak } = cycle.state;
  const held = peak.active || load.state.shed?.rule === 'peak-watch';
  const roomW = held ? exitW(cycle) : cycle.settings.peak.thresholdW + cycle.batteryHeadroomW;
  return demandNeeds(cycle, load, 'peak-watch', roomW);
}

/** The demand must leave room for the load below `limitW`. */
function demandNeeds(cycle: Cycle, load: ManagedLoad, rule: RuleName, limitW: number): Condition[] {
  const { returns, peak } = cycle.settings;
  const shed = load.state.shed?.rule === rule;
  if (load.settings.essential && !shed) return [];
  const startingW = pendingStartW(cycle, 0, peak.meanMs);
  const needed = limitW - startingW - returns.nominalFactor * load.settings.nominalPowerW;
  const present = cycle.demandMeanW;
  const fits = present !== null && present <= needed;
  const forMs = shed ? returns.fitMs : 0;
  const out = fits ? [] : [need({ rule, signal: 'demandW', comparison: 'at-most', present, needed, forMs })];
  return [...out, ...returnNeeds(cycle, load, { rule, fits, fitMs: returns.fitMs })];
}

/** What a return waits for besides room: its turn, its time of room, its back-off. */
function returnNeeds(
  cycle: Cycle,
  load: ManagedLoad,
  back: { readonly rule: RuleName; readonly fits: boolean; readonly fitMs: number },
): Condition[] {
  const { rule } = back;
  const { shed, fitSinceMs, backoffMs } = load.state;
  const ahead = waitingBefore(cycle, rule, load);
  const turn =
    ahead &&
    need({
      rule,
      signal: 'turn',
      comparison: 'equals',
      present: 'waits',
      needed: 'on',
      params: { other: ahead.settings.name },
    });
  const first = turn === null || rule === 'fuse' ? [] : [turn];
  if (shed?.rule !== rule) return first;
  const fitLeftMs = back.fits && fitSinceMs !== 0 ? back.fitMs - (cycle.nowMs - fitSinceMs) : 0;
  return [...first, ...wait(rule, Math.max(fitLeftMs, shed.atMs + backoffMs - cycle.nowMs))];
}

function careNeeds(cycle: Cycle, load: ManagedLoad): Condition[] {
  const { settings, state } = load;
  const rule = 'relay-care';
  const out = [
    ...wait(rule, settings.minOffMs - (cycle.nowMs - offSinceMs(load))),
    ...budgetNeeds(cycle, load, 2),
  ];
  for (const other of interlockPartners(cycle, load)) {
    const locked = lockedBy(other);
    if (locked === null) continue;
    const present = locked.code === 'interlock' ? 'on' : 'unknown';
    const params = { other: other.settings.name };
    out.push(need({ rule, signal: 'otherLoad', comparison: 'equals', present, needed: 'off', params }));
  }
  return state.sinceMs === 0 ? [] : out;
}

/** Budgets that `more` further operations do not fit into. */
export function budgetNeeds(cycle: Cycle, load: ManagedLoad, more: number): Condition[] {
  const { maxSwitchesPerDay, maxSwitchesPerHour } = load.settings;
  const out: Condition[] = [];
  const check = (signal: 'switchesHour' | 'switchesDay', spanMs: number, most: number) => {
    const present = switchesWithin(load.state.switchesMs, cycle.nowMs, spanMs);
    if (present + more <= most) return;
    out.push(
      need({ rule: 'relay-care', signal, comparison: 'at-most', present, needed: Math.max(0, most - more) }),
    );
  };
  check('switchesHour', HOUR_MS, maxSwitchesPerHour);
  check('switchesDay', DAY_MS, maxSwitchesPerDay);
  return out;
}

/** What could want the load on; one way without conditions when something already does. */
function wishes(cycle: Cycle, load: ManagedLoad): Way[] {
  if (load.choice === true) return [[]];
  const person = need({
    rule: 'orders',
    signal: 'person',
    comparison: 'equals',
    present: 'off',
    needed: 'on',
  });
  const reason = load.choiceReason;
  const expiry = reason?.rule === 'orders' ? wait('orders', orderLeftMs(reason)) : [];
  return [...ownWishes(cycle, load).map((wish) => [...expiry, ...wish]), [person]];
}

/** What the load's own rule could want it for. */
function ownWishes(cycle: Cycle, load: ManagedLoad): Way[] {
  const { use } = load.settings;
  if (use === 'always') return [[]];
  if (use === 'manual') return [];
  const rule = 'loads';
  const quiet = load.settings.quietHours;
  const quietMs =
    cycle.clockTrusted && quiet && isQuiet(cycle, load)
      ? ((quiet.toMinute - cycle.minute + 1440) % 1440) * MINUTE_MS
      : 0;
  const nextDayMs = isServed(load) ? load.state.periodEndsMs - cycle.snapshot.time.wallMs : 0;
  const bySun = [...wait(rule, Math.max(quietMs, nextDayMs)), surplusNeed(cycle, load)];
  const byDeadline = deadlineWay(cycle, load);
  return byDeadline === null ? [bySun] : [bySun, byDeadline];
}

/** The sun that is left over must reach the load's own need, on top of what more important ones would take first. */
function surplusNeed(cycle: Cycle, load: ManagedLoad): Condition {
  const { surplus } = cycle.settings;
  const { surplusSinceMs } = load.state;
  const lastedMs = surplusSinceMs === 0 ? 0 : cycle.nowMs - surplusSinceMs;
  return need({
    rule: 'loads',
    signal: 'surplusW',
    comparison: 'at-least',
    present: surplusW(cycle),
    needed: neededSurplusW(cycle, load),
    forMs: Math.max(0, surplus.onMs - lastedMs),
  });
}

function neededSurplusW(cycle: Cycle, load: ManagedLoad): number {
  const marginW = cycle.settings.surplus.onMarginW;
  const ownW = startPowerW(cycle, load) + marginW;
  let totalW = ownW;
  for (let round = 0; round < cycle.loads.length; round++) {
    let leftW = totalW;
    for (const other of cycle.byPriority) {
      if (other === load) break;
      const otherW = startPowerW(cycle, other) + marginW;
      const waits = !other.state.on && other.canOn && other.choiceReason?.code === 'surplus-wait';
      if (waits && otherW <= leftW) leftW -= otherW;
    }
    if (leftW >= ownW) return totalW;
    totalW += ownW - leftW;
  }
  return totalW;
}

function deadlineWay(cycle: Cycle, load: ManagedLoad): Way | null {
  if (load.settings.target === null) return null;
  const rule = 'loads';
  if (!cycle.clockTrusted) {
    return [need({ rule, signal: 'clock', comparison: 'equals', present: 'unset', needed: 'set' })];
  }
  const leftMs = remainingMs(load);
  if (leftMs <= 0) return null;
  return wait(rule, timeToDeadlineMs(cycle, load) - leftMs - cycle.settings.surplus.deadlineMarginMs);
}
