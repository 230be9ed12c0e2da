/**
 * The site settings: what the installer tells the box about the home. Seeded once from `site.yaml`.
 *
 * Connection data stands under `devices`, what is controlled under `batteries` and `loads`, the rules' numbers
 * under `control`, what may be changed from afar under `bounds`.
 */
import { PLAN_POLICIES } from '@wattward/broker/wire/setpoint';
import * as z from 'zod';
import { batterySettings } from './battery-settings.ts';
import { controlSettings } from './control-settings.ts';
import { deviceSettings } from './device-settings.ts';
import { name, optional, required, tunable } from './field.ts';
import { loadSettings } from './load-settings.ts';

const grid = z.strictObject({
  phases: z
    .union([z.literal(1), z.literal(3)])
    .default(3)
    .meta({ description: 'phases of the connection' }),
  fuseA: required({ unit: 'A', min: 6, max: 250, about: 'rated current of the main fuse, per phase' }),
  nominalVoltageV: tunable(230, { unit: 'V', min: 100, max: 277, about: 'phase to neutral' }),
  importLimitW: optional({
    unit: 'W',
    min: 0,
    max: 1_000_000,
    about: 'installed import limit; none by default',
  }),
  exportLimitW: optional({
    unit: 'W',
    min: 0,
    max: 1_000_000,
    about: 'installed export limit, 0 is zero export; none by default',
  }),
});

const price = (preset: number, about: string) =>
  tunable(preset, { unit: 'money/kWh', min: -5, max: 5, about });
const tariff = z.strictObject({
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('EUR')
    .meta({ description: 'ISO 4217 code' }),
  importPricePerKwh: price(0.3, 'price of energy from the grid while no market price is known'),
  exportPricePerKwh: price(0.08, 'price paid for energy to the grid while no market price is known'),
});

const bound = (min: number, max: number, unit: string, about: string) => {
  const limits = { min: -1_000_000, max: 1_000_000 };
  return z
    .strictObject({
      min: tunable(min, { unit, ...limits, about: `least ${about} from afar` }),
      max: tunable(max, { unit, ...limits, about: `largest ${about} from afar` }),
    })
    .prefault({});
};
const bounds = z.strictObject({
  peakThresholdW: bound(5000, 12_000, 'W', 'peak threshold'),
  batteryReservePct: bound(5, 80, '%', 'battery reserve'),
  dischargeOnPct: bound(10, 100, '%', 'start of discharge'),
  dischargeOffPct: bound(5, 95, '%', 'end of discharge'),
  importLimitW: bound(4200, 100_000, 'W', 'import limit'),
  exportLimitW: bound(0, 100_000, 'W', 'export limit'),
});

export const siteSettings = z.strictObject({
  name,
  zone: z.string().meta({ description: 'IANA time zone, e.g. Europe/Berlin' }),
  tariff: tariff.prefault({}),
  grid,
  devices: deviceSettings.prefault({}),
  batteries: z.array(batterySettings).max(8).default([]),
  loads: z.array(loadSettings).max(64).default([]),
  bounds: bounds.prefault({}),
  planPolicy: z.enum(PLAN_POLICIES).default('auto').meta({
    description:
      'advise: plans are only shown; approve: followed while a person has approved it; auto: followed within bounds',
  }),
  control: controlSettings.prefault({}),
});
export type SiteSettings = z.infer<typeof siteSettings>;
/** What a person writes: everything with a default may be left out. */
export type SiteSettingsInput = z.input<typeof siteSettings>;
