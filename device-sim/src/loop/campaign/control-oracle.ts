/**
 * The oracle's second half: what the box decides, held against what it was told and what was true. It keeps its own
 * means, clocks and memories; nothing is taken from the code it judges.
 */
import type { BatteryFacts, DecisionFacts, LoadFacts, Moment, SiteLimits } from './moment.ts';

export type Check = (invariant: string, atMs: number, holds: boolean, what: () => string) => void;

/** Readings that a control may want before it believes a jump, and the cycle in which it then answers. */
const BELIEVED_CYCLES = 4;
const MEAN_MS = 10_000;
const DISCHARGE_ON_PCT = 40;
const DISCHARGE_OFF_PCT = 35;
const NOBODY_W = 1;

export class ControlOracle {
  readonly #limits: SiteLimits;
  readonly #check: Check;
  #lostSinceMs: number | null;
  #liveSinceMs: number;
  #toldOutSinceMs: number | null = null;
  #toldBackMs = Number.NEGATIVE_INFINITY;
  #overSinceMs: number | null = null;
  #allowedBefore: boolean | null = null;
  #closedBefore: ReadonlySet<string> = new Set();
  #demand: { atMs: number; demandW: number }[] = [];

  constructor(limits: SiteLimits, startMs: number, check: Check) {
    this.#limits = limits;
    this.#check = check;
    this.#lostSinceMs = startMs;
    this.#liveSinceMs = startMs;
  }

  look(moment: Moment): void {
    const { nowMs, decision, meterWhole, meterLive } = moment;
    if (!decision || !meterLive) {
      this.#liveSinceMs = nowMs;
      this.#demand = [];
    }
    if (!decision) {
      this.#lostSinceMs = nowMs;
      this.#overSinceMs = null;
      this.#toldOutSinceMs = null;
      return;
    }
    if (meterWhole) this.#lostSinceMs = null;
    else this.#lostSinceMs ??= nowMs;
    this.#noteGrid(moment);
    this.#lookAtTrust(moment, decision);
    this.#lookAtOutage(moment, decision);
    this.#lookAtOverload(moment, decision);
    this.#lookAtPeak(moment, decision);
    this.#lookAtShedding(moment, decision);
    for (const battery of decision.batteries) this.#lookAtBattery(moment, battery);
    this.#closedBefore = new Set(decision.loads.filter((load) => load.closed).map(({ id }) => id));
  }

  #noteGrid({ nowMs, gridLostTold }: Moment): void {
    if (gridLostTold) this.#toldOutSinceMs ??= nowMs;
    else if (this.#toldOutSinceMs !== null) {
      this.#toldOutSinceMs = null;
      this.#toldBackMs = nowMs;
    }
  }

  #lookAtTrust({ nowMs, gridLostTold }: Moment, decision: DecisionFacts): void {
    const lostMs = this.#lostSinceMs === null ? 0 : nowMs - this.#lostSinceMs;
    const { cycleMs } = this.#limits;
    for (const load of decision.loads) {
      const starts = load.changed && load.commandedOn;
      this.#check(
        'I9',
        nowMs,
        !starts || lostMs <= 10_000 + cycleMs,
        () => `${load.id} started ${lostMs} ms after the last good reading`,
      );
      const discretionary = !load.essential && load.kind !== 'program';
      const late =
        lostMs > 30_000 + 2 * cycleMs && gridLostTold !== true && load.commandedOn && discretionary;
      this.#check('I10', nowMs, !late, () => `${load.id} still on ${lostMs} ms after the last good reading`);
    }
  }

  /** Told that the grid is gone: what is not essential goes, what is essential stays; back, not before a minute. */
  #lookAtOutage({ nowMs }: Moment, decision: DecisionFacts): void {
    const outMs = this.#toldOutSinceMs === null ? 0 : nowMs - this.#toldOutSinceMs;
    if (outMs > this.#limits.cycleMs) {
      this.#check('O1', nowMs, decision.homeMode === 'outage', () => `${decision.homeMode} in an outage`);
      for (const load of decision.loads) {
        if (load.essential) continue;
        this.#check('O2', nowMs, !load.commandedOn, () => `${load.id} on in an outage`);
      }
    }
    const backMs = nowMs - this.#toldBackMs;
    for (const load of decision.loads) {
      const starts = load.changed && load.commandedOn && !load.essential;
      this.#check(
        'O3',
        nowMs,
        !starts || backMs >= 60_000,
        () => `${load.id} back ${backMs} ms after the grid`,
      );
    }
  }

  /** Above 1.45 times the fuse everything that can go on that phase is ordered off within two seconds. */
  #lookAtOverload(moment: Moment, decision: DecisionFacts): void {
    const { nowMs, phaseA, phaseW } = moment;
    const over = phaseA.findIndex((a, p) => a > 1.45 * this.#limits.fuseA && (phaseW[p] ?? 0) > 0);
    const onPhase = (load: LoadFacts) => load.phase === 0 || load.phase === over + 1;
    // A relay that has not yet obeyed still counts in the meter: the box must not shed twice for one excess.
    const underWay = decision.loads.some((load) => onPhase(load) && load.closed && !load.commandedOn);
    if (over < 0 || underWay || !moment.meterLive || !moment.gridOn || moment.gridLostTold) {
      this.#overSinceMs = null;
      return;
    }
    this.#overSinceMs ??= nowMs;
    const lastsMs = nowMs - this.#overSinceMs;
    const boundMs = Math.max(2_000, BELIEVED_CYCLES * this.#limits.cycleMs);
    const left = decision.loads.find((load) => load.commandedOn && onPhase(load) && load.powerW > NOBODY_W);
    const readable = nowMs - this.#liveSinceMs >= 60_000;
    this.#check(
      'I7',
      nowMs,
      left === undefined || !readable || lastsMs < boundMs,
      () => `${left?.id} still on after ${lastsMs} ms of overload on L${over + 1}`,
    );
  }

  /** Smoothed demand above the threshold is Peak Mode; a spike is not. */
  #lookAtPeak({ nowMs, gridW, meterLive, gridOn }: Moment, decision: DecisionFacts): void {
    const { cycleMs, thresholdW } = this.#limits;
    if (!gridOn || !meterLive) {
      this.#demand = [];
      return;
    }
    this.#demand.push({ atMs: nowMs, demandW: Math.max(0, gridW) });
    while ((this.#demand[0]?.atMs ?? nowMs) <= nowMs - MEAN_MS - BELIEVED_CYCLES * cycleMs)
      this.#demand.shift();
    if (cycleMs > MEAN_MS / 2 || nowMs - this.#liveSinceMs < 60_000) return;
    const least = Math.min(...this.#demand.map(({ demandW }) => demandW));
    const most = Math.max(...this.#demand.map(({ demandW }) => demandW));
    const toldBack = nowMs - this.#toldBackMs > 30_000 && this.#toldOutSinceMs === null;
    if (least > thresholdW && toldBack) {
      this.#check('P1', nowMs, decision.peakActive, () => `no Peak Mode at ${Math.round(least)} W and more`);
    }
    if (decision.demandW !== null && toldBack) {
      const within = decision.demandW <= most + 1 && decision.demandW >= least - 1;
      this.#check(
        'P2',
        nowMs,
        within,
        () => `demand ${decision.demandW} W, measured ${Math.round(least)} to ${Math.round(most)} W`,
      );
    }
  }

  /**
   * What is shed for a peak is the least important of what could be shed. A load whose contact is open (its board
   * was rebooted or has not obeyed yet) is not shed but kept from starting, and shedding it would bring nothing.
   */
  #lookAtShedding({ nowMs }: Moment, { loads }: DecisionFacts): void {
    for (const shed of loads) {
      const goes = shed.changed && !shed.commandedOn && this.#closedBefore.has(shed.id);
      if (!goes || shed.rule !== 'peak-watch') continue;
      const spared = loads.find(
        (load) =>
          load.commandedOn &&
          load.closed &&
          !load.essential &&
          load.kind !== 'program' &&
          load.priority > shed.priority,
      );
      this.#check('I8', nowMs, spared === undefined, () => `${shed.id} was shed before ${spared?.id}`);
      this.#check('I8', nowMs, !shed.essential, () => `${shed.id} is essential and was shed for a peak`);
    }
    for (const back of loads) {
      if (!back.changed || !back.commandedOn) continue;
      const waits = loads.find(
        (load) => load.shed && load.rule === 'peak-watch' && load.priority < back.priority,
      );
      this.#check('I8', nowMs, waits === undefined, () => `${back.id} came back before ${waits?.id}`);
    }
  }

  #lookAtBattery({ nowMs, socToldPct, socAgeMs, gridLostTold }: Moment, battery: BatteryFacts): void {
    const { chargeLimitW, dischargeLimitW, dischargeAllowed } = battery;
    const bounded = (limitW: number) => limitW >= 0 && limitW <= this.#limits.batteryMaxW + 1e-6;
    this.#check(
      'I11',
      nowMs,
      bounded(chargeLimitW) && bounded(dischargeLimitW),
      () => `limits ${chargeLimitW}/${dischargeLimitW} W`,
    );
    const drains = dischargeLimitW > 0 && gridLostTold !== true;
    const full = socToldPct !== null && socToldPct >= DISCHARGE_OFF_PCT;
    this.#check('I11', nowMs, !drains || full, () => `discharge allowed at ${socToldPct} %`);
    this.#check('I11', nowMs, !drains || socAgeMs <= 41_000, () => `charge unknown for ${socAgeMs} ms`);
    const begins = dischargeAllowed && this.#allowedBefore === false;
    const high = socToldPct !== null && socToldPct >= DISCHARGE_ON_PCT;
    this.#check('I13', nowMs, !begins || high, () => `discharge begins at ${socToldPct} %`);
    this.#allowedBefore = dischargeAllowed;
    const empty =
      gridLostTold === true && socToldPct !== null && socToldPct < 10 - 0.5 && dischargeLimitW > 0;
    this.#check('O4', nowMs, !empty, () => `discharge in an outage at ${socToldPct} %`);
    const must = socToldPct !== null && socAgeMs <= 5_000 && socToldPct < this.#limits.reservePct - 2.5;
    if (must && gridLostTold === false && nowMs - this.#liveSinceMs >= 60_000) {
      this.#check('B1', nowMs, chargeLimitW > 0, () => `not kept alive at ${socToldPct} %`);
    }
  }
}
