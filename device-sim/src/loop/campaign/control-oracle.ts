/**
 * The oracle's second half: what the box decides, held against what it was told and what was true. It keeps its own
 * means, clocks and memories; nothing is taken from the code it judges. Here: trust, outages, local time, minimum times.
 */
import { DemandOracle } from './demand-oracle.ts';
import type { Check, Known } from './known.ts';
import type { DecisionFacts, Moment, MovedLimits, SiteLimits } from './moment.ts';
import { SupplyOracle } from './supply-oracle.ts';

const PROTECTIVE_RULES: ReadonlySet<string> = new Set([
  'trust',
  'outage',
  'fuse',
  'operator-limit',
  'peak-watch',
]);
const TIME_EVERY_MS = 600_000;
/** An inverter that has said nothing for so long, and what flows meanwhile, may end an outage, or must. */
const SILENT_MS = 3_000;
const LEAST_FLOW_W = 50;
const FLOW_MS = 85_000;
const SURE_FLOW_W = 100;
const SURE_FLOW_MS = 130_000;

export class ControlOracle {
  readonly #installed: SiteLimits;
  readonly #check: Check;
  readonly #known: Known;
  readonly #demand: DemandOracle;
  readonly #supply: SupplyOracle;
  #lostSinceMs: number | null;
  #nowMs = 0;
  readonly #openAtMs = new Map<string, number>();
  #timeAtMs = 0;
  /** Power has flown since then while the inverter said nothing; and so much that every reading shows it. */
  #flowsSinceMs: number | null = null;
  #surelySinceMs: number | null = null;
  /** An outage that the box had to know of was over then. */
  #backMs = Number.NEGATIVE_INFINITY;
  readonly #calendar: Intl.DateTimeFormat;

  constructor(limits: SiteLimits, startMs: number, check: Check) {
    this.#installed = limits;
    this.#check = check;
    this.#known = {
      limits,
      liveSinceMs: startMs,
      toldOutSinceMs: null,
      toldBackMs: Number.NEGATIVE_INFINITY,
      lastToldLost: false,
      offAtMs: new Map(),
    };
    this.#demand = new DemandOracle(this.#known, startMs, check);
    this.#supply = new SupplyOracle(this.#known, startMs, check);
    this.#lostSinceMs = startMs;
    this.#calendar = new Intl.DateTimeFormat('en-GB', {
      timeZone: limits.zone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  }

  /** What set-points move; null is the installer's. */
  follow(moved: MovedLimits): void {
    this.#demand.followImport(moved);
    const thresholdW = moved.thresholdW ?? this.#installed.thresholdW;
    const reservePct = moved.reservePct ?? this.#installed.reservePct;
    const before = this.#known.limits;
    if (thresholdW === before.thresholdW && reservePct === before.reservePct) return;
    this.#known.limits = { ...this.#installed, thresholdW, reservePct };
    this.#demand.thresholdMoved(this.#nowMs);
    this.#supply.reserveMoved(this.#nowMs);
  }

  look(moment: Moment): void {
    this.#nowMs = moment.nowMs;
    const { nowMs, decision, meterWhole, meterLive } = moment;
    if (!decision || !meterLive) {
      this.#known.liveSinceMs = nowMs;
      this.#demand.forget(decision !== null);
    }
    if (!decision) {
      this.#lostSinceMs = nowMs;
      this.#known.toldOutSinceMs = null;
      this.#surelySinceMs = null;
      this.#supply.forget(nowMs);
      return;
    }
    if (meterWhole) this.#lostSinceMs = null;
    else this.#lostSinceMs ??= nowMs;
    this.#noteGrid(moment);
    this.#lookAtTime(moment);
    this.#lookAtUrgency(moment, decision);
    this.#lookAtTrust(moment, decision);
    this.#lookAtOutage(moment, decision);
    this.#demand.look(moment, decision);
    this.#supply.look(moment, decision);
  }

  /**
   * What it says now counts; what it said once is not said again. A picture that stands still may be believed or not:
   * it obliges to nothing, and leaves open what the box makes of it.
   */
  #noteGrid({ nowMs, gridLostTold, gridToldAgeMs, inverterLive }: Moment): void {
    if (gridLostTold === null || gridToldAgeMs > 0) return;
    if (gridLostTold) {
      this.#known.lastToldLost = true;
      if (inverterLive) this.#known.toldOutSinceMs ??= nowMs;
      return;
    }
    if (inverterLive) {
      if (this.#known.lastToldLost) this.#known.toldBackMs = nowMs;
      if (this.#known.toldOutSinceMs !== null) this.#backMs = nowMs;
      this.#known.lastToldLost = false;
    }
    this.#known.toldOutSinceMs = null;
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
        const restedMs =
          nowMs - Math.min(openAtMs, this.#known.offAtMs.get(load.id) ?? Number.NEGATIVE_INFINITY);
        const rested = restedMs >= load.minOffMs;
        this.#check('I3', nowMs, rested, () => `${load.id} ordered on after ${restedMs} ms of rest`);
      }
      if (load.changed && !load.commandedOn) this.#known.offAtMs.set(load.id, nowMs);
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
    const { cycleMs } = this.#known.limits;
    for (const load of decision.loads) {
      // In an outage the grid's power is known to be none.
      const starts = load.changed && load.commandedOn && gridLostTold !== true;
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

  /** An inverter that fell silent after it told an outage is outvoted by a meter that shows power, and only then. */
  #lookAtFlow(moment: Moment, { homeMode }: DecisionFacts): void {
    const { nowMs, gridW, gridOn, gridToldAgeMs, inverterLive, meterWhole, meterLive } = moment;
    const { lastToldLost } = this.#known;
    const silent = lastToldLost && gridToldAgeMs > SILENT_MS;
    if (!lastToldLost || inverterLive || !gridOn || Math.abs(gridW) <= LEAST_FLOW_W)
      this.#flowsSinceMs = null;
    else this.#flowsSinceMs ??= nowMs;
    if (!silent || !meterWhole || !meterLive || Math.abs(gridW) <= SURE_FLOW_W) this.#surelySinceMs = null;
    else this.#surelySinceMs ??= nowMs;
    const lastsMs = this.#surelySinceMs === null ? 0 : nowMs - this.#surelySinceMs;
    const over = lastsMs < SURE_FLOW_MS || homeMode !== 'outage';
    this.#check('O6', nowMs, over, () => `still ${homeMode} after ${lastsMs} ms with ${Math.round(gridW)} W`);
  }

  /** Told that the grid is gone: what is not essential goes, what is essential stays; back, not before a minute. */
  #lookAtOutage(moment: Moment, decision: DecisionFacts): void {
    const { nowMs } = moment;
    this.#lookAtFlow(moment, decision);
    const flowsMs = this.#flowsSinceMs === null ? 0 : nowMs - this.#flowsSinceMs;
    if (flowsMs >= FLOW_MS) this.#known.toldOutSinceMs = null;
    const outMs = this.#known.toldOutSinceMs === null ? 0 : nowMs - this.#known.toldOutSinceMs;
    if (outMs > this.#known.limits.cycleMs) {
      this.#check('O1', nowMs, decision.homeMode === 'outage', () => `${decision.homeMode} in an outage`);
      for (const load of decision.loads) {
        if (load.essential) continue;
        this.#check('O2', nowMs, !load.commandedOn, () => `${load.id} on in an outage`);
      }
    }
    const backMs = nowMs - this.#backMs;
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
}
