/** Sums up each minute as it ends: what is kept for ever of a day that nobody will ever replay again. */
import type { Decision } from '../core/decision.ts';
import { PowerMeans } from './power-means.ts';
import type { MinuteSummary, Stamp } from './store.ts';

const MINUTE_MS = 60_000;

export class MinuteMaker {
  #minute: number | null = null;
  readonly #powers = new PowerMeans();
  #demandW: number | null = null;

  /** Takes in one cycle; the summary when a minute ends with it. */
  add(at: Stamp, decision: Decision, ended: Pick<MinuteSummary, 'batterySocPct' | 'recordHash'>) {
    this.#powers.add(decision.balance);
    const { demandW } = decision.demand;
    if (demandW !== null) this.#demandW = Math.max(demandW, this.#demandW ?? demandW);
    const minute = Math.floor((at.wallMs ?? at.monoMs) / MINUTE_MS);
    this.#minute ??= minute;
    if (minute === this.#minute) return null;
    this.#minute = minute;
    const summary = this.#summary(decision, ended);
    this.#demandW = null;
    return summary;
  }

  #summary(
    decision: Decision,
    { batterySocPct, recordHash }: Pick<MinuteSummary, 'batterySocPct' | 'recordHash'>,
  ): MinuteSummary {
    return {
      cycle: decision.cycle,
      recordHash,
      homeMode: decision.homeMode,
      ...this.#powers.take(1),
      demandW: this.#demandW === null ? null : Math.round(this.#demandW),
      batterySocPct: batterySocPct === null ? null : Math.round(batterySocPct * 10) / 10,
      loadsOn: decision.loads.filter(({ on }) => on).map(({ id }) => id),
      batteryModes: decision.batteries.map(({ mode }) => mode),
    };
  }
}
