/**
 * The oracle's second half: what the box decides, held against what it was told and what was true. It keeps its own
 * means, clocks and memories; nothing is taken from the code it judges.
 */
import type { BatteryFacts, DecisionFacts, LoadFacts, Moment, MovedLimits, SiteLimits } from './moment.ts';

export type Check = (invariant: string, atMs: number, holds: boolean, what: () => string) => void;

/** Readings that a control may want before it believes a jump, and the cycle in which it then answers. */
const BELIEVED_CYCLES = 4;
const MEAN_MS = 10_000;
const DISCHARGE_ON_PCT = 40;
const DISCHARGE_OFF_PCT = 35;
const NOBODY_W = 1;
const PEAK_RELIEF_MS = 60_000;
/** As long as a frozen meter may be believed, and some. */
const MEMORY_MS = 90_000;
const FLOW_SETTLED_MS = 15_000;

interface OverloadLimit {
  readonly factor: number;
  readonly boundMs: number;
  /** Since when each phase has been above. */
  readonly clock: Map<number, number>;
}

/** Keeping the battery alive leaves this share of fuse and threshold alone, and some watts that a reading may be off. */
const KEPT_FREE = 0.05;
const READING_W = 200;
/** A load that was ordered off shows in the meter after this at the latest, whether it obeyed or not. */
const RELIEF_MS = 3_000;
const MEAN_EDGE_W = 10;
const PROTECTIVE_RULES: ReadonlySet<string> = new Set([
  'trust',
  'outage',
  'fuse',
  'operator-limit',
  'peak-watch',
]);
const TIME_EVERY_MS = 600_000;
const VOLTAGE_V = 230;

export class ControlOracle {
  #limits: SiteLimits;
  readonly #installed: SiteLimits;
  readonly #check: Check;
  #lostSinceMs: number | null;
  #liveSinceMs: number;
  #toldOutSinceMs: number | null = null;
  #toldBackMs = Number.NEGATIVE_INFINITY;
  readonly #over = new Map<number, number>();
  readonly #overMedium = new Map<number, number>();
  #allowedBefore: boolean | null = null;
  #closedBefore: ReadonlySet<string> = new Set();
  #shedBefore: ReadonlySet<string> = new Set();
  #peakBefore = false;
  #aboveAtMs = Number.NEGATIVE_INFINITY;
  #frozenAtMs: number;
  #knownSinceMs: number;
  #overPeakSinceMs: number | null = null;
  #battery = { atMs: 0, leastW: 0, mostW: 0 };
  #noDischargeSinceMs: number | null = null;
  #nowMs = 0;
  /** The limits were moved from afar then. */
  #movedAtMs = Number.NEGATIVE_INFINITY;
  #importLimitW: number | null = null;
  #overImportSinceMs: number | null = null;
  #fullAtMs = Number.NEGATIVE_INFINITY;
  /** True powers of cycles in a row in which the meter told them. */
  #told: number[] = [];
  readonly #openAtMs = new Map<string, number>();
  readonly #offAtMs = new Map<string, number>();
  #timeAtMs = 0;
  readonly #calendar: Intl.DateTimeFormat;
  #demand: { atMs: number; demandW: number }[] = [];

  constructor(limits: SiteLimits, startMs: number, check: Check) {
    this.#limits = limits;
    this.#installed = limits;
    this.#check = check;
    this.#lostSinceMs = startMs;
    this.#liveSinceMs = startMs;
    this.#frozenAtMs = startMs;
    this.#knownSinceMs = startMs;
    this.#calendar = new Intl.DateTimeFormat('en-GB', {
      timeZone: limits.zone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  }

  /** What set-points move; null is the installer's. A new threshold is judged afresh. */
  follow({ thresholdW, reservePct, importLimitW }: MovedLimits): void {
    if (importLimitW !== this.#importLimitW) this.#overImportSinceMs = null;
    this.#importLimitW = importLimitW;
    const { thresholdW: threshold, reservePct: reserve } = this.#installed;
    const limits = {
      ...this.#installed,
      thresholdW: thresholdW ?? threshold,
      reservePct: reservePct ?? reserve,
    };
    if (limits.thresholdW === this.#limits.thresholdW && limits.reservePct === this.#limits.reservePct)
      return;
    this.#limits = limits;
    this.#overPeakSinceMs = null;
    this.#knownSinceMs = this.#nowMs;
    this.#movedAtMs = this.#nowMs;
  }

  look(moment: Moment): void {
    this.#nowMs = moment.nowMs;
    const { nowMs, decision, meterWhole, meterLive } = moment;
    if (!decision || !meterLive) {
      this.#liveSinceMs = nowMs;
      this.#demand = [];
      this.#told = [];
    }
    if (!decision) {
      this.#lostSinceMs = nowMs;
      this.#over.clear();
      this.#overMedium.clear();
      this.#toldOutSinceMs = null;
      this.#knownSinceMs = nowMs;
      this.#noDischargeSinceMs = null;
      this.#overPeakSinceMs = null;
      return;
    }
    if (meterWhole) this.#lostSinceMs = null;
    else this.#lostSinceMs ??= nowMs;
    this.#noteGrid(moment);
    this.#lookAtTime(moment);
    this.#lookAtUrgency(moment, decision);
    this.#lookAtTrust(moment, decision);
    this.#lookAtOutage(moment, decision);
    this.#lookAtOverload(moment, decision);
    this.#lookAtMean(moment, decision);
    this.#lookAtPeak(moment, decision);
    this.#lookAtRelief(moment, decision);
    this.#lookAtImport(moment, decision);
    this.#lookAtShedding(moment, decision);
    this.#lookAtFlows(moment, decision);
    for (const battery of decision.batteries) this.#lookAtBattery(moment, battery, decision.homeMode);
    this.#shedBefore = new Set(decision.loads.filter((load) => load.shed).map(({ id }) => id));
    this.#closedBefore = new Set(decision.loads.filter((load) => load.closed).map(({ id }) => id));
  }

  #noteGrid({ nowMs, gridLostTold }: Moment): void {
    if (gridLostTold) this.#toldOutSinceMs ??= nowMs;
    else if (this.#toldOutSinceMs !== null) {
      this.#toldOutSinceMs = null;
      this.#toldBackMs = nowMs;
    }
  }

  /** The box's local time is what the calendar says of its clock, also when the clocks are set. */
  #lookAtTime({ nowMs, wallMs, localMinute }: Moment): void {
    if (localMinute === null || nowMs - this.#timeAtMs < TIME_EVERY_MS) return;
    this.#timeAtMs = nowMs;
    const [hour, minute] = this.#calendar.format(wallMs).split(':').map(Number);
    const due = 60 * (hour ?? 0) + (minute ?? 0);
    this.#check('I14', nowMs, localMinute === due, () => `minute ${localMinute} of the day, it is ${due}`);
  }

  /** Only protection may break a minimum on-time. */
  #lookAtUrgency({ nowMs }: Moment, { loads }: DecisionFacts): void {
    for (const load of loads) {
      if (load.changed && load.commandedOn) {
        // A contact that opened by itself rests since then.
        const openAtMs = this.#openAtMs.get(load.id) ?? nowMs;
        const restedMs = nowMs - Math.min(openAtMs, this.#offAtMs.get(load.id) ?? Number.NEGATIVE_INFINITY);
        const rested = restedMs >= load.minOffMs;
        this.#check('I3', nowMs, rested, () => `${load.id} ordered on after ${restedMs} ms of rest`);
      }
      if (load.changed && !load.commandedOn) this.#offAtMs.set(load.id, nowMs);
      // Closed in this very moment, it was open until now.
      if (load.closed) this.#openAtMs.delete(load.id);
      else if (!this.#openAtMs.has(load.id)) this.#openAtMs.set(load.id, nowMs);
      if (!load.changed || load.commandedOn || !load.urgent) continue;
      this.#check(
        'I3',
        nowMs,
        PROTECTIVE_RULES.has(load.rule),
        () => `${load.id} urgently off by ${load.rule}`,
      );
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

  /** Above 1.45 times the fuse what can go on that phase is ordered off within 2 s, above 1.13 times within 10 s. */
  #lookAtOverload(moment: Moment, decision: DecisionFacts): void {
    this.#lookAtPhases(moment, decision, { factor: 1.45, boundMs: 2_000, clock: this.#over });
    this.#lookAtPhases(moment, decision, { factor: 1.13, boundMs: 10_000, clock: this.#overMedium });
  }

  #lookAtPhases(moment: Moment, decision: DecisionFacts, limit: OverloadLimit): void {
    const { nowMs, phaseA, phaseW } = moment;
    const { clock, boundMs } = limit;
    const { fuseA, cycleMs } = this.#limits;
    const readable = moment.meterLive && moment.gridOn && moment.gridLostTold !== true;
    for (const [p, amps] of phaseA.entries()) {
      const onPhase = (load: LoadFacts) => load.phase === 0 || load.phase === p + 1;
      const over = amps > limit.factor * fuseA && (phaseW[p] ?? 0) > 0;
      // A relay that has not yet obeyed still counts in the meter: the box must not shed twice for one excess.
      const underWay = decision.loads.some(
        (load) =>
          onPhase(load) &&
          load.closed &&
          !load.commandedOn &&
          nowMs - (this.#offAtMs.get(load.id) ?? 0) <= RELIEF_MS + cycleMs,
      );
      if (!readable || !over || underWay) {
        clock.delete(p);
        continue;
      }
      const sinceMs = clock.get(p) ?? nowMs;
      clock.set(p, sinceMs);
      const left = decision.loads.find((load) => load.commandedOn && onPhase(load) && load.powerW > NOBODY_W);
      const lastsMs = nowMs - sinceMs;
      const excused = nowMs - this.#liveSinceMs < 20_000 || lastsMs < boundMs + 2 * cycleMs;
      this.#check(
        'I7',
        nowMs,
        left === undefined || excused,
        () => `${left?.id} still on after ${lastsMs} ms above ${limit.factor} In on L${p + 1}`,
      );
    }
  }

  /** Where every reading of the last seconds came, demand is their mean, give or take one reading. */
  #lookAtMean({ nowMs, gridW, meterWhole, meterLive }: Moment, { demandW }: DecisionFacts): void {
    if (!meterWhole || !meterLive || this.#limits.cycleMs !== 1000) this.#told = [];
    else this.#told.push(Math.max(0, gridW));
    if (this.#told.length > 30) this.#told.shift();
    if (this.#told.length < 25 || demandW === null) return;
    const means = [9, 10, 11].flatMap((n) => [0, 1].map((back) => meanOfLast(this.#told, n, back)));
    const near = demandW >= Math.min(...means) - MEAN_EDGE_W && demandW <= Math.max(...means) + MEAN_EDGE_W;
    this.#check('P2', nowMs, near, () => `demand ${demandW} W, the mean of what was told is ${means[2]} W`);
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

  /** A spike is no peak; and a peak that lasts is relieved as long as there is something to shed. */
  #lookAtRelief(moment: Moment, decision: DecisionFacts): void {
    const { nowMs, gridW, gridOn, meterWhole, meterLive, boardHeard } = moment;
    const { thresholdW, cycleMs } = this.#limits;
    if (meterWhole && !meterLive) this.#frozenAtMs = nowMs;
    if (gridW > thresholdW) this.#aboveAtMs = nowMs;
    const begins = decision.peakActive && !this.#peakBefore;
    this.#peakBefore = decision.peakActive;
    if (begins && nowMs - this.#frozenAtMs > MEMORY_MS && nowMs - this.#movedAtMs > MEAN_MS) {
      const seen = nowMs - this.#aboveAtMs <= MEAN_MS + BELIEVED_CYCLES * cycleMs;
      this.#check('P3', nowMs, seen, () => 'Peak Mode without any demand above the threshold');
    }
    const readable = gridOn && meterLive && boardHeard && this.#toldOutSinceMs === null;
    if (!readable || gridW <= thresholdW) this.#overPeakSinceMs = null;
    else this.#overPeakSinceMs ??= nowMs;
    if (this.#overPeakSinceMs === null || nowMs - this.#overPeakSinceMs < PEAK_RELIEF_MS) return;
    const left = decision.loads.find(
      (load) =>
        load.commandedOn &&
        load.closed &&
        !load.essential &&
        load.kind !== 'program' &&
        load.powerW > NOBODY_W,
    );
    this.#check('P4', nowMs, left === undefined, () => `${left?.id} not shed in a peak that lasts`);
  }

  /** An import limit that holds is kept by whatever may go. */
  #lookAtImport(moment: Moment, decision: DecisionFacts): void {
    const { nowMs, gridW, gridOn, meterLive, boardHeard } = moment;
    const limitW = this.#importLimitW;
    const readable = gridOn && meterLive && boardHeard && this.#toldOutSinceMs === null;
    if (limitW === null || !readable || gridW <= limitW) this.#overImportSinceMs = null;
    else this.#overImportSinceMs ??= nowMs;
    if (this.#overImportSinceMs === null || nowMs - this.#overImportSinceMs < PEAK_RELIEF_MS) return;
    const left = decision.loads.find(
      (load) => load.commandedOn && load.closed && !load.essential && load.powerW > NOBODY_W,
    );
    this.#check('O5', nowMs, left === undefined, () => `${left?.id} not shed above ${limitW} W of import`);
  }

  /** What the box believes to flow does flow, and the battery does not do what it was told to leave. */
  #lookAtFlows(moment: Moment, decision: DecisionFacts): void {
    const { nowMs, batteryW, inverterLive, gridOn } = moment;
    const band = this.#battery;
    const inside = batteryW >= band.leastW && batteryW <= band.mostW;
    if (!inside || !inverterLive) {
      this.#battery = { atMs: nowMs, leastW: batteryW - 100, mostW: batteryW + 100 };
    } else if (nowMs - band.atMs >= FLOW_SETTLED_MS && decision.seenBatteryW !== null) {
      const differsW = Math.abs(decision.seenBatteryW - batteryW);
      const near = differsW <= 250 + 0.1 * Math.abs(batteryW);
      this.#check('E1', nowMs, near, () => `battery seen at ${decision.seenBatteryW} W, truly ${batteryW} W`);
    }
    const may = decision.batteries.some(
      ({ dischargeLimitW, mode }) => dischargeLimitW > 0 || mode === 'auto',
    );
    // Alone, an inverter carries the house whatever the limits say.
    if (may || !gridOn) this.#noDischargeSinceMs = null;
    else this.#noDischargeSinceMs ??= nowMs;
    const restsMs = this.#noDischargeSinceMs === null ? 0 : nowMs - this.#noDischargeSinceMs;
    if (restsMs >= 5_000 && decision.batteries.length > 0) {
      this.#check('E2', nowMs, batteryW <= 100, () => `discharges ${batteryW} W against its order`);
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
      if (!back.changed || !back.commandedOn || !this.#shedBefore.has(back.id)) continue;
      const waits = loads.find(
        (load) => load.shed && load.rule === 'peak-watch' && load.priority < back.priority,
      );
      this.#check('I8', nowMs, waits === undefined, () => `${back.id} came back before ${waits?.id}`);
    }
  }

  #lookAtBattery(moment: Moment, battery: BatteryFacts, homeMode: string): void {
    const { nowMs, socToldPct, socAgeMs, gridLostTold, inverterLive } = moment;
    const { chargeLimitW, dischargeLimitW, dischargeAllowed } = battery;
    const bounded = (limitW: number) => limitW >= 0 && limitW <= this.#limits.batteryMaxW + 1e-6;
    this.#check(
      'I11',
      nowMs,
      bounded(chargeLimitW) && bounded(dischargeLimitW),
      () => `limits ${chargeLimitW}/${dischargeLimitW} W`,
    );
    const drains = dischargeLimitW > 0 && gridLostTold !== true;
    // Registers hold hundredths.
    const { reservePct } = this.#limits;
    const offPct = Math.max(DISCHARGE_OFF_PCT, reservePct);
    const onPct = Math.max(DISCHARGE_ON_PCT, reservePct + 5);
    const full = socToldPct !== null && socToldPct >= offPct - 0.005;
    this.#check('I11', nowMs, !drains || full, () => `discharge allowed at ${socToldPct} %`);
    this.#check('I11', nowMs, !drains || socAgeMs <= 41_000, () => `charge unknown for ${socAgeMs} ms`);
    const begins = dischargeAllowed && this.#allowedBefore === false;
    const high = socToldPct !== null && socToldPct >= onPct - 0.005;
    this.#check('I13', nowMs, !begins || high, () => `discharge begins at ${socToldPct} %`);
    this.#allowedBefore = dischargeAllowed;
    const empty =
      gridLostTold === true && socToldPct !== null && socToldPct < 10 - 0.05 && dischargeLimitW > 0;
    this.#check('O4', nowMs, !empty, () => `discharge in an outage at ${socToldPct} %`);
    if (gridLostTold !== false || socAgeMs > 5_000 || socToldPct === null || !inverterLive)
      this.#knownSinceMs = nowMs;
    if (nowMs - this.#knownSinceMs < 60_000 || nowMs - this.#liveSinceMs < 60_000 || socToldPct === null)
      return;
    // Rules 3 to 5 come before it: on a connection that has no room for it the battery waits.
    const { thresholdW, fuseA, maintenanceW, cycleMs } = this.#limits;
    const roomW = (1 - KEPT_FREE) * thresholdW - moment.gridW;
    const roomA = (1 - KEPT_FREE) * fuseA - Math.max(...moment.phaseA);
    if (Math.min(roomW, 3 * VOLTAGE_V * roomA) < maintenanceW + READING_W) this.#fullAtMs = nowMs;
    const used = nowMs - this.#fullAtMs <= MEAN_MS + BELIEVED_CYCLES * cycleMs;
    const low = socToldPct < reservePct - 2.5 && homeMode === 'normal' && !used;
    this.#check(
      'B1',
      nowMs,
      !low || battery.mode === 'charge-grid',
      () => `not kept alive at ${socToldPct} %`,
    );
    const usable = socToldPct >= onPct + 1;
    this.#check('B2', nowMs, !usable || dischargeAllowed, () => `may not discharge at ${socToldPct} %`);
  }
}

function meanOfLast(values: readonly number[], count: number, back: number): number {
  const end = values.length - back;
  let sum = 0;
  for (let i = end - count; i < end; i += 1) sum += values[i] ?? 0;
  return sum / count;
}
