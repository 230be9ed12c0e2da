/** The policies a backtest knows, by name. */
import { BoxPolicy } from './box-policy.ts';
import type { Orders } from './plant.ts';
import type { PolicyMaker } from './policy.ts';

export const POLICIES = {
  /** The inverter left alone and the heater on its thermostat: sun into battery, battery into house, to its reserve. */
  'self-consumption': ({ plant }) => {
    const limitW = plant.battery?.maxPowerW ?? 0;
    const orders: Orders = {
      mode: 'self-consume',
      chargeLimitW: limitW,
      dischargeLimitW: limitW,
      heaterOn: true,
    };
    return { name: 'plain self-consumption', decide: () => orders };
  },
  rules: (question) => new BoxPolicy(question),
} as const satisfies Record<string, PolicyMaker>;
