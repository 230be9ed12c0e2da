/** Sums up each minute as it ends: what is kept for ever of a day that nobody will ever replay again. */
import type { Decision } from '../core/decision.ts';
import type { MinuteSummary, Stamp } from './store.ts';

const MEANS = ['gridPowerW', 'pvPowerW', 'batteryPowerW', 'houseLoadW', 'managedLoadW'] as const;
type MeanName = (typeof MEANS)[number];

const MINUTE_MS = 60_000;

export class MinuteMaker {
  #minute: number | null = null;
  #sums = new Map<MeanName, { sum: number; count: number }>();
  #demandW: number | null = null;

  /** Takes in one cycle; the summary when a minute ends with it. */
  add(at: Stamp, decision: Decision, ended: Pick<MinuteSummary, 'batterySocPct' | 'recordHash'>) {
    for (const name of MEANS) {
      const value = decision.balance[name];
      if (value === null) continue;
      const { sum, count } = this.#sums.get(name) ?? { sum: 0, count: 0 };
      this.#sums.set(name, { sum: sum + value, count: count + 1 });
    }
    const { demandW } = decision.demand;
    if (demandW !== null) this.#demandW = Math.max(demandW, this.#demandW ?? demandW);
    const minute = Math.floor((at.wallMs ?? at.monoMs) / MINUTE_MS);
    this.#minute ??= minute;
    if (minute === this.#minute) return null;
    this.#minute = minute;
    const summary = this.#summary(decision, ended);
    this.#sums = new Map();
    this.#demandW = null;
    return summary;
  }

  #summary(
    decision: Decision,
    { batterySocPct, recordHash }: Pick<MinuteSummary, 'batterySocPct' | 'recordHash'>,
  ): MinuteSummary {
    const mean = (name: MeanName) => {
      const entry = this.#sums.get(name);
      return entry ? Math.round(entry.sum / entry.count) : null;
    };
    return {
      cycle: decision.cycle,
      recordHash,
      homeMode: decision.homeMode,
      gridPowerW: mean('gridPowerW'),
      pvPowerW: mean('pvPowerW'),
      batteryPowerW: mean('batteryPowerW'),
      houseLoadW: mean('houseLoadW'),
      managedLoadW: mean('managedLoadW'),
      demandW: this.#demandW === null ? null : Math.round(this.#demandW),
      batterySocPct: batterySocPct === null ? null : Math.round(batterySocPct * 10) / 10,
      loadsOn: decision.loads.filter(({ on }) => on).map(({ id }) => id),
      batteryModes: decision.batteries.map(({ mode }) => mode),
    };
  }
}
