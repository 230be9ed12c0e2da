/**
 * Who decides in a backtest. A policy says, slot by slot and knowing nothing of the future, how much the battery may
 * take and give; the series is then settled in joules. Others join by adding a line to `POLICIES`.
 */
import type { SeriesRow } from './series.ts';

export interface PolicyView {
  readonly row: SeriesRow;
  readonly socPct: number;
}

export interface BatteryLimits {
  readonly chargeLimitW: number;
  readonly dischargeLimitW: number;
}

export interface BacktestBattery {
  readonly capacityWh: number;
  readonly maxPowerW: number;
  /** One way. */
  readonly efficiency: number;
  readonly reservePct: number;
}

export interface Policy {
  readonly name: string;
  decide(view: PolicyView): BatteryLimits;
}

export type PolicyMaker = (battery: BacktestBattery) => Policy;

const DISCHARGE_ON_PCT = 40;
const DISCHARGE_OFF_PCT = 35;

export const POLICIES = {
  /** The sun into the battery, the battery into the house; down to its reserve. */
  'self-consumption': ({ maxPowerW }) => ({
    name: 'plain self-consumption',
    decide: () => ({ chargeLimitW: maxPowerW, dischargeLimitW: maxPowerW }),
  }),
  /** The box's own hysteresis: discharge from 40 %, on until it falls below 35 %. */
  rules: ({ maxPowerW }) => {
    let on = false;
    return {
      name: 'the rules of the box (discharge from 40 % to 35 %)',
      decide: ({ socPct }) => {
        if (socPct >= DISCHARGE_ON_PCT) on = true;
        else if (socPct < DISCHARGE_OFF_PCT) on = false;
        return { chargeLimitW: maxPowerW, dischargeLimitW: on ? maxPowerW : 0 };
      },
    };
  },
} as const satisfies Record<string, PolicyMaker>;
