/** Demand, peaks, import limits and the order of shedding, held against true powers at the connection. */
import { BELIEVED_CYCLES, type Check, type Known, MEAN_MS } from './known.ts';
import type { DecisionFacts, LoadFacts, Moment, MovedLimits } from './moment.ts';

const NOBODY_W = 1;
const PEAK_RELIEF_MS = 60_000;
/** As long as a frozen meter may be believed, and some. */
const MEMORY_MS = 90_000;
const MEAN_EDGE_W = 10;

export class DemandOracle {
  readonly #known: Known;
  readonly #check: Check;
  #closedBefore: ReadonlySet<string> = new Set();
  #toldOpenBefore: ReadonlySet<string> = new Set();
  #shedBefore: ReadonlySet<string> = new Set();
  /** Those that waited because of a peak, and said so. */
  #peakShedBefore: readonly LoadFacts[] = [];
  #peakBefore = false;
  #aboveAtMs = Number.NEGATIVE_INFINITY;
  #frozenAtMs: number;
  #overPeakSinceMs: number | null = null;
  #importLimitW: number | null = null;
  #overImportSinceMs: number | null = null;
  /** The threshold was moved from afar then. */
  #movedAtMs = Number.NEGATIVE_INFINITY;
  /** True powers of cycles in a row in which the meter told them. */
  #told: number[] = [];
  #demand: { atMs: number; demandW: number }[] = [];

  constructor(known: Known, startMs: number, check: Check) {
    this.#known = known;
    this.#check = check;
    this.#frozenAtMs = startMs;
  }

  followImport({ importLimitW }: MovedLimits): void {
    if (importLimitW !== this.#importLimitW) this.#overImportSinceMs = null;
    this.#importLimitW = importLimitW;
  }

  /** The threshold is another one from now on: it is judged afresh. */
  thresholdMoved(nowMs: number): void {
    this.#overPeakSinceMs = null;
    this.#movedAtMs = nowMs;
  }

  /** Nothing is known any more: the box is gone, or its meter does not tell what is. */
  forget(boxRuns: boolean): void {
    this.#demand = [];
    this.#told = [];
    if (boxRuns) return;
    this.#overPeakSinceMs = null;
    this.#shedBefore = new Set();
    this.#peakShedBefore = [];
  }

  look(moment: Moment, decision: DecisionFacts): void {
    this.#lookAtMean(moment, decision);
    this.#lookAtPeak(moment, decision);
    this.#lookAtRelief(moment, decision);
    this.#lookAtImport(moment, decision);
    this.#lookAtShedding(moment, decision);
    this.#shedBefore = new Set(decision.loads.filter((load) => load.shed).map(({ id }) => id));
    this.#peakShedBefore = decision.loads.filter(({ shed, rule }) => shed && rule === 'peak-watch');
    this.#closedBefore = new Set(decision.loads.filter((load) => load.closed).map(({ id }) => id));
    this.#toldOpenBefore = new Set(
      decision.loads.filter(({ toldOn }) => toldOn === false).map(({ id }) => id),
    );
  }

  /** Where every reading of the last seconds came, demand is their mean, give or take one reading. */
  #lookAtMean({ nowMs, gridW, gridOn, meterWhole, meterLive }: Moment, { demandW }: DecisionFacts): void {
    const { limits, lastToldLost } = this.#known;
    // Without a grid there is no demand to be measured.
    const lost = !gridOn || lastToldLost;
    if (!meterWhole || !meterLive || lost || limits.cycleMs !== 1000) this.#told = [];
    else this.#told.push(Math.max(0, gridW));
    if (this.#told.length > 30) this.#told.shift();
    if (this.#told.length < 25 || demandW === null) return;
    const means = [9, 10, 11].flatMap((n) => [0, 1].map((back) => meanOfLast(this.#told, n, back)));
    const near = demandW >= Math.min(...means) - MEAN_EDGE_W && demandW <= Math.max(...means) + MEAN_EDGE_W;
    this.#check('P2', nowMs, near, () => `demand ${demandW} W, the mean of what was told is ${means[2]} W`);
  }

  /** Smoothed demand above the threshold is Peak Mode; a spike is not. */
  #lookAtPeak({ nowMs, gridW, meterLive }: Moment, decision: DecisionFacts): void {
    const { cycleMs, thresholdW } = this.#known.limits;
    // An outage that nobody tells the box of is a meter at zero, and part of the mean.
    if (!meterLive) {
      this.#demand = [];
      return;
    }
    this.#demand.push({ atMs: nowMs, demandW: Math.max(0, gridW) });
    while ((this.#demand[0]?.atMs ?? nowMs) <= nowMs - MEAN_MS - BELIEVED_CYCLES * cycleMs)
      this.#demand.shift();
    if (cycleMs > MEAN_MS / 2 || nowMs - this.#known.liveSinceMs < 60_000) return;
    const least = Math.min(...this.#demand.map(({ demandW }) => demandW));
    const most = Math.max(...this.#demand.map(({ demandW }) => demandW));
    const toldBack = nowMs - this.#known.toldBackMs > 30_000 && !this.#known.lastToldLost;
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
    const { thresholdW, cycleMs } = this.#known.limits;
    if (meterWhole && !meterLive) this.#frozenAtMs = nowMs;
    if (gridW > thresholdW) this.#aboveAtMs = nowMs;
    const begins = decision.peakActive && !this.#peakBefore;
    this.#peakBefore = decision.peakActive;
    if (begins && nowMs - this.#frozenAtMs > MEMORY_MS && nowMs - this.#movedAtMs > MEAN_MS) {
      const seen = nowMs - this.#aboveAtMs <= MEAN_MS + BELIEVED_CYCLES * cycleMs;
      this.#check('P3', nowMs, seen, () => 'Peak Mode without any demand above the threshold');
    }
    const readable = gridOn && meterLive && boardHeard && !this.#known.lastToldLost;
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
    const readable = gridOn && meterLive && boardHeard && !this.#known.lastToldLost;
    if (limitW === null || !readable || gridW <= limitW) this.#overImportSinceMs = null;
    else this.#overImportSinceMs ??= nowMs;
    if (this.#overImportSinceMs === null || nowMs - this.#overImportSinceMs < PEAK_RELIEF_MS) return;
    const left = decision.loads.find(
      (load) => load.commandedOn && load.closed && !load.essential && load.powerW > NOBODY_W,
    );
    this.#check('O5', nowMs, left === undefined, () => `${left?.id} not shed above ${limitW} W of import`);
  }

  /**
   * What is shed for a peak is the least important of what could be shed. A load whose contact is open (its board
   * was rebooted or has not obeyed yet), or is open for all that the box was told, is not shed but kept from starting.
   */
  #lookAtShedding({ nowMs }: Moment, { loads }: DecisionFacts): void {
    for (const shed of loads) {
      const ran = this.#closedBefore.has(shed.id) && !this.#toldOpenBefore.has(shed.id);
      const goes = shed.changed && !shed.commandedOn && ran;
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
      // What must live through an outage goes last and comes back first, whatever its priority.
      if (back.essential) continue;
      if (!back.changed || !back.commandedOn || !this.#shedBefore.has(back.id)) continue;
      const waits = loads.find(
        (load) => load.shed && load.rule === 'peak-watch' && load.priority < back.priority,
      );
      this.#check('I8', nowMs, waits === undefined, () => `${back.id} came back before ${waits?.id}`);
    }
    for (const before of this.#peakShedBefore) {
      if (loads.some(({ id, shed }) => id === before.id && shed)) continue;
      const passed = this.#peakShedBefore.find(
        ({ id, priority }) => priority < before.priority && loads.some((load) => load.id === id && load.shed),
      );
      this.#check('I8', nowMs, passed === undefined, () => `${before.id} was let go before ${passed?.id}`);
    }
  }
}

function meanOfLast(values: readonly number[], count: number, back: number): number {
  const end = values.length - back;
  let sum = 0;
  for (let i = end - count; i < end; i += 1) sum += values[i] ?? 0;
  return sum / count;
}
