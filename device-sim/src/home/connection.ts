/**
 * The home's connection over time: when it has no voltage (an outage, planned load shedding, a limiter that tripped),
 * and what energy costs on it.
 */
import { type DailyHours, isWithin } from '../physics/schedule.ts';
import { instantOfLocal, type LocalTime, minuteOf } from './local-time.ts';
import type { ObjectOf } from './schema.ts';

/** How long more than the limit may be drawn before the limiter cuts. */
const LIMITER_BEARS_S = 10;

/** What the limiter remembers. */
export interface LimiterState {
  readonly overS: number;
  /** The supply is cut until then; 0 while it is not. */
  readonly cutUntilMs: number;
}

export const LIMITER_AT_REST: LimiterState = { overS: 0, cutUntilMs: 0 };

/** Money per kWh. */
export interface Price {
  readonly importPricePerKwh: number;
  readonly exportPricePerKwh: number;
}

export class Connection {
  readonly #grid: ObjectOf<'grid'>;
  readonly #outages: readonly { readonly startMs: number; readonly endMs: number }[];
  readonly #shedding: readonly DailyHours[];
  readonly #periods: readonly { readonly hours: DailyHours; readonly price: Price }[];

  constructor(grid: ObjectOf<'grid'>, zone: string) {
    this.#grid = grid;
    this.#outages = grid.outages.map(({ at, minutes }) => {
      const startMs = instantOfLocal(zone, at);
      return { startMs, endMs: startMs + minutes * 60_000 };
    });
    this.#shedding = grid.loadShedding.map(hoursOf);
    const { exportPricePerKwh, periods } = grid.tariff;
    this.#periods = periods.map((period) => ({
      hours: hoursOf(period),
      price: {
        importPricePerKwh: period.importPricePerKwh,
        exportPricePerKwh: period.exportPricePerKwh ?? exportPricePerKwh,
      },
    }));
  }

  /** Whether the grid is there, as far as plan and limiter decide it. */
  isOn(nowMs: number, local: LocalTime, limiter: LimiterState): boolean {
    if (nowMs < limiter.cutUntilMs) return false;
    if (this.#outages.some(({ startMs, endMs }) => nowMs >= startMs && nowMs < endMs)) return false;
    return !this.#shedding.some((hours) => isWithin(hours, local.minuteOfDay, local.weekday));
  }

  /** The limiter after `dtS` at this import. */
  limited(before: LimiterState, nowMs: number, gridW: number, dtS: number): LimiterState {
    const { importLimitW, limiterResetS } = this.#grid;
    if (importLimitW === undefined) return before;
    if (gridW <= importLimitW) return before.overS === 0 ? before : { ...before, overS: 0 };
    const overS = before.overS + dtS;
    if (overS < LIMITER_BEARS_S) return { ...before, overS };
    return { overS: 0, cutUntilMs: nowMs + limiterResetS * 1000 };
  }

  priceAt(local: LocalTime): Price {
    const period = this.#periods.find(({ hours }) => isWithin(hours, local.minuteOfDay, local.weekday));
    return period?.price ?? this.#grid.tariff;
  }
}

function hoursOf(hours: {
  readonly from: string;
  readonly to: string;
  readonly weekdays?: readonly number[] | undefined;
}): DailyHours {
  return { fromMinute: minuteOf(hours.from), toMinute: minuteOf(hours.to), weekdays: hours.weekdays };
}
