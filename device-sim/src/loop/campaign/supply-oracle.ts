/** Phases, flows and the battery, held against true currents and powers. */
import { BELIEVED_CYCLES, type Check, type Known, MEAN_MS } from './known.ts';
import type { BatteryFacts, DecisionFacts, LoadFacts, Moment } from './moment.ts';

const DISCHARGE_ON_PCT = 40;
const DISCHARGE_OFF_PCT = 35;
const NOBODY_W = 1;
/** An order that got lost is given again within so long. */
const ORDER_AGAIN_MS = 2_000;
const FLOW_SETTLED_MS = 15_000;
/** Keeping the battery alive leaves this share of fuse and threshold alone, and some watts that a reading may be off. */
const KEPT_FREE = 0.05;
const READING_W = 200;
/** A load that was ordered off shows in the meter after this at the latest, whether it obeyed or not. */
const RELIEF_MS = 3_000;
const VOLTAGE_V = 230;

interface OverloadLimit {
  readonly factor: number;
  readonly boundMs: number;
  /** Since when each phase has been above. */
  readonly clock: Map<number, number>;
}

export class SupplyOracle {
  readonly #known: Known;
  readonly #check: Check;
  readonly #over = new Map<number, number>();
  readonly #overMedium = new Map<number, number>();
  #allowedBefore: boolean | null = null;
  #knownSinceMs: number;
  #fullAtMs = Number.NEGATIVE_INFINITY;
  #battery = { atMs: 0, leastW: 0, mostW: 0 };
  #noDischargeSinceMs: number | null = null;

  constructor(known: Known, startMs: number, check: Check) {
    this.#known = known;
    this.#check = check;
    this.#knownSinceMs = startMs;
  }

  /** The reserve is another one from now on. */
  reserveMoved(nowMs: number): void {
    this.#knownSinceMs = nowMs;
  }

  /** The box is gone. */
  forget(nowMs: number): void {
    this.#over.clear();
    this.#overMedium.clear();
    this.#knownSinceMs = nowMs;
    this.#noDischargeSinceMs = null;
  }

  look(moment: Moment, decision: DecisionFacts): void {
    this.#lookAtOverload(moment, decision);
    this.#lookAtFlows(moment, decision);
    for (const battery of decision.batteries) this.#lookAtBattery(moment, battery, decision.homeMode);
  }

  /** Above 1.45 times the fuse what can go on that phase is ordered off within 2 s, above 1.13 times within 10 s. */
  #lookAtOverload(moment: Moment, decision: DecisionFacts): void {
    this.#lookAtPhases(moment, decision, { factor: 1.45, boundMs: 2_000, clock: this.#over });
    this.#lookAtPhases(moment, decision, { factor: 1.13, boundMs: 10_000, clock: this.#overMedium });
  }

  #lookAtPhases(moment: Moment, decision: DecisionFacts, limit: OverloadLimit): void {
    const { nowMs, phaseA, phaseW } = moment;
    const { clock, boundMs } = limit;
    const { fuseA, cycleMs } = this.#known.limits;
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
          nowMs - (this.#known.offAtMs.get(load.id) ?? 0) <= RELIEF_MS + cycleMs,
      );
      if (!readable || !over || underWay) {
        clock.delete(p);
        continue;
      }
      const sinceMs = clock.get(p) ?? nowMs;
      clock.set(p, sinceMs);
      const left = decision.loads.find((load) => load.commandedOn && onPhase(load) && load.powerW > NOBODY_W);
      const lastsMs = nowMs - sinceMs;
      const excused = nowMs - this.#known.liveSinceMs < 20_000 || lastsMs < boundMs + 2 * cycleMs;
      this.#check(
        'I7',
        nowMs,
        left === undefined || excused,
        () => `${left?.id} still on after ${lastsMs} ms above ${limit.factor} In on L${p + 1}`,
      );
    }
  }

  /** What the box believes to flow does flow, and the battery does not do what it was told to leave. */
  #lookAtFlows(moment: Moment, decision: DecisionFacts): void {
    const { nowMs, batteryW, inverterLive, gridOn, orderLostAgeMs } = moment;
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
    // Alone, an inverter carries the house whatever the limits say; and it follows no order that it never heard.
    if (may || !gridOn || orderLostAgeMs <= ORDER_AGAIN_MS) this.#noDischargeSinceMs = null;
    else this.#noDischargeSinceMs ??= nowMs;
    const restsMs = this.#noDischargeSinceMs === null ? 0 : nowMs - this.#noDischargeSinceMs;
    if (restsMs >= 5_000 && decision.batteries.length > 0) {
      this.#check('E2', nowMs, batteryW <= 100, () => `discharges ${batteryW} W against its order`);
    }
  }

  #lookAtBattery(moment: Moment, battery: BatteryFacts, homeMode: string): void {
    const { nowMs, socToldPct, socAgeMs, gridLostTold, inverterLive } = moment;
    const { chargeLimitW, dischargeLimitW, dischargeAllowed } = battery;
    const bounded = (limitW: number) => limitW >= 0 && limitW <= this.#known.limits.batteryMaxW + 1e-6;
    this.#check(
      'I11',
      nowMs,
      bounded(chargeLimitW) && bounded(dischargeLimitW),
      () => `limits ${chargeLimitW}/${dischargeLimitW} W`,
    );
    const drains = dischargeLimitW > 0 && gridLostTold !== true;
    // Registers hold hundredths.
    const { reservePct } = this.#known.limits;
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
    if (
      nowMs - this.#knownSinceMs < 60_000 ||
      nowMs - this.#known.liveSinceMs < 60_000 ||
      socToldPct === null
    )
      return;
    // Rules 3 to 5 come before it: on a connection that has no room for it the battery waits.
    const { thresholdW, fuseA, maintenanceW, cycleMs } = this.#known.limits;
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
