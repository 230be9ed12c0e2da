/**
 * What a home file may say: a place, a sky, and a list of objects with their properties. One schema is the whole
 * documentation of the format; every property has its unit in its name and a bound.
 */
import { METERS } from '@wattward/edge/catalogue/meters';
import * as z from 'zod';
import {
  appliance,
  ev,
  fridge,
  heater,
  heatPump,
  household,
  poolPump,
  program,
  waterHeater,
} from './load-schemas.ts';
import { base, id, localTime, number, phase, power, timeOfDay, weekdays } from './schema-parts.ts';

const grid = z.strictObject({
  ...base,
  kind: z.literal('grid'),
  phases: z.union([z.literal(1), z.literal(3)]).default(3),
  fuseA: number(6, 1000).default(25),
  voltageV: number(90, 280).default(230),
  frequencyHz: number(45, 65).default(50),
  lineOhm: number(0, 2).default(0.15),
  /** Most that may be fed in; left out: no limit. */
  exportLimitW: power.optional(),
  /** A limiter that cuts the supply for a while when more is drawn for ten seconds; left out: none. */
  importLimitW: power.optional(),
  limiterResetS: number(1, 86_400).default(120),
  on: z.boolean().default(true),
  /** Single outages, in local time. */
  outages: z
    .array(z.strictObject({ at: localTime, minutes: number(0.1, 10_000) }))
    .max(500)
    .default([]),
  /** Hours in which the grid is shed by plan; weekdays begin with 0, Sunday. */
  loadShedding: z
    .array(z.strictObject({ from: timeOfDay, to: timeOfDay, weekdays }))
    .max(50)
    .default([]),
  tariff: z
    .strictObject({
      currency: z
        .string()
        .regex(/^[A-Z]{3}$/, 'write an ISO 4217 code such as EUR')
        .default('EUR'),
      importPricePerKwh: number(-5, 5).default(0.3),
      exportPricePerKwh: number(-5, 5).default(0.08),
      /** Hours with another price; the first that holds counts. */
      periods: z
        .array(
          z.strictObject({
            from: timeOfDay,
            to: timeOfDay,
            weekdays,
            importPricePerKwh: number(-5, 5),
            exportPricePerKwh: number(-5, 5).optional(),
          }),
        )
        .max(50)
        .default([]),
    })
    .prefault({}),
});

const pv = z.strictObject({
  ...base,
  kind: z.literal('pv'),
  inverter: id,
  peakW: power,
  tiltDeg: number(0, 90).default(30),
  azimuthDeg: number(0, 360).default(180),
  albedo: number(0, 1).default(0.2),
  temperatureCoefficient: number(-0.01, 0).default(-0.0037),
  lossesPct: number(0, 50).default(14.08),
  mounting: z.enum(['rack', 'roof']).default('roof'),
  /** Voltage of its string at the best point. */
  mppVoltageV: number(30, 1500).default(380),
  /** What stands in front of it: part of the horizon, up to an elevation, takes a share of the direct light. */
  shade: z
    .array(
      z.strictObject({
        fromAzimuthDeg: number(0, 360),
        toAzimuthDeg: number(0, 360),
        belowElevationDeg: number(0, 90),
        sharePct: number(0, 100).default(100),
      }),
    )
    .max(40)
    .default([]),
});

const inverter = z.strictObject({
  ...base,
  kind: z.literal('inverter'),
  ratedW: number(100, 100_000),
  /** The phase it feeds; `all`: three-phase. */
  phase: phase.default('all'),
  /** At its best point. */
  efficiencyPct: number(80, 99).default(96),
  /** Efficiency by share of the rated AC power, as its data sheet has it; left out: PVWatts' curve. */
  efficiencyCurve: z
    .array(z.strictObject({ loadPct: number(0.1, 100), efficiencyPct: number(50, 99.9) }))
    .min(2)
    .max(20)
    .optional(),
  standbyW: number(0, 200).default(12),
  backup: z.boolean().default(false),
  /** What it speaks on Modbus. */
  protocol: z.enum(['sunspec', 'sma-hybrid']).default('sunspec'),
  /** `ac`: a battery inverter beside those of the arrays; it has no arrays of its own. */
  coupling: z.enum(['hybrid', 'ac']).default('hybrid'),
  /** Inputs for arrays, each with its own maximum power point. */
  mppInputs: z.number().int().min(0).max(12).default(2),
  /** What it does with its battery while nobody commands it. */
  workMode: z.enum(['self-use', 'backup', 'feed-in-first']).default('self-use'),
  reservePct: number(0, 100).default(5),
  chargeWindows: z
    .array(
      z.strictObject({
        from: timeOfDay,
        to: timeOfDay,
        weekdays,
        powerW: power,
        toSocPct: number(1, 100).default(100),
      }),
    )
    .max(12)
    .default([]),
});

const battery = z.strictObject({
  ...base,
  kind: z.literal('battery'),
  inverter: id,
  capacityWh: number(100, 1_000_000),
  maxChargeW: power,
  maxDischargeW: power,
  minSocPct: number(0, 50).default(5),
  maxSocPct: number(50, 100).default(100),
  chargeEfficiencyPct: number(50, 100).default(97.5),
  dischargeEfficiencyPct: number(50, 100).default(97.5),
  taperAbovePct: number(50, 100).default(92),
  selfDischargePctPerMonth: number(0, 20).default(2),
  cycleLife: number(100, 100_000).default(6000),
  initialSocPct: number(0, 100).default(50),
});

const gridMeter = z.strictObject({
  ...base,
  kind: z.literal('grid-meter'),
  /** A meter of the box's catalogue. */
  model: z.enum(METERS.map(({ id }) => id)).default('sdm630'),
  /** Phases whose current transformer sits the wrong way round. */
  reversed: z.array(z.enum(['L1', 'L2', 'L3'])).default([]),
  /** Constant error of power and current, percent of the reading, within the class of the meter. */
  errorPct: number(-5, 5).default(0),
  /** Largest wander of each phase's power. */
  noiseW: number(0, 1000).default(0),
  /** How old its readings are. */
  latencyMs: number(0, 60_000).default(0),
});

export const loadMeterFormats = [
  'wattward',
  'tasmota-sml',
  'shelly-pm',
  'shelly-em',
  'dsmr-reader',
  'zigbee2mqtt',
  'victron',
  'json',
] as const;

const loadMeter = z.strictObject({
  ...base,
  kind: z.literal('load-meter'),
  periodMs: number(100, 60_000).default(1000),
  /** Constant error of its readings, percent. */
  errorPct: number(-20, 20).default(0),
  /** Largest wander of each reading. */
  noiseW: number(0, 1000).default(0),
  /** How old its readings are. */
  latencyMs: number(0, 60_000).default(0),
  /** How it tells its readings; see src/faces/meter-formats.ts. */
  format: z.enum(loadMeterFormats).default('wattward'),
  /** Signal name, ending in W, to the object it measures. */
  signals: z.record(z.string().regex(/^[a-z][A-Za-z0-9]*W$/, 'write a signal name that ends in W'), id),
});

const board = z.strictObject({
  ...base,
  kind: z.literal('board'),
  channels: z.number().int().min(1).max(4).default(4),
  /** Firmware on it: ours, or that of a bought board. */
  protocol: z.enum(['wattward', 'tasmota', 'shelly', 'esphome']).default('wattward'),
  /** What is wrong with its contacts and wires, by relay. */
  contacts: z
    .strictObject({
      stuck: z.array(z.number().int().min(1).max(4)).default([]),
      welded: z.array(z.number().int().min(1).max(4)).default([]),
      swapped: z.array(z.array(z.number().int().min(1).max(4)).length(2)).default([]),
    })
    .prefault({}),
  /** An own board as it comes new: known by the code on its label alone, until somebody claims it. */
  claimed: z.boolean().default(true),
  /** How long the board had power when the home begins; a fresh one leaves its relays alone for a while. */
  poweredForS: number(0, 10_000_000).default(3600),
});

export const homeObject = z.discriminatedUnion('kind', [
  grid,
  pv,
  inverter,
  battery,
  household,
  appliance,
  heater,
  waterHeater,
  fridge,
  heatPump,
  poolPump,
  program,
  ev,
  gridMeter,
  loadMeter,
  board,
]);
export type HomeObject = z.infer<typeof homeObject>;
export type ObjectKind = HomeObject['kind'];
export type ObjectOf<K extends ObjectKind> = Extract<HomeObject, { kind: K }>;

export const OBJECT_SCHEMAS = {
  grid,
  pv,
  inverter,
  battery,
  household,
  appliance,
  heater,
  'water-heater': waterHeater,
  fridge,
  'heat-pump': heatPump,
  'pool-pump': poolPump,
  program,
  ev,
  'grid-meter': gridMeter,
  'load-meter': loadMeter,
  board,
} as const satisfies Record<ObjectKind, z.ZodType>;

export const LOAD_KINDS = [
  'household',
  'appliance',
  'heater',
  'water-heater',
  'fridge',
  'heat-pump',
  'pool-pump',
  'program',
  'ev',
] as const;
export type LoadKind = (typeof LOAD_KINDS)[number];
export type LoadObject = ObjectOf<LoadKind>;

export function isLoad(object: HomeObject): object is LoadObject {
  return (LOAD_KINDS as readonly string[]).includes(object.kind);
}

export const homeFile = z.strictObject({
  name: z.string().min(1).max(80),
  zone: z.string().min(1),
  place: z.strictObject({
    latitudeDeg: number(-66, 66),
    longitudeDeg: number(-180, 180),
    altitudeM: number(-400, 5000).default(100),
  }),
  seed: z.number().int().min(0).max(0xffff_ffff).default(1),
  /** Local time at which the home begins, e.g. 2026-01-14T22:00; left out: now. */
  start: localTime.optional(),
  /** Measured load to replay, and measured weather: paths beside this file. */
  profile: z.string().min(1).max(500).optional(),
  weather: z.string().min(1).max(500).optional(),
  climate: z
    .strictObject({
      cloudiness: number(0, 1).default(0.35),
      linkeTurbidity: number(1, 10).default(3.2),
      meanTemperatureC: number(-30, 40).default(10),
      yearSwingC: number(0, 40).default(9.5),
      daySwingC: number(0, 20).default(4.5),
      windMPerS: number(0, 30).default(3),
    })
    .prefault({}),
  objects: z.array(homeObject).min(1).max(200),
});
export type Home = z.infer<typeof homeFile>;
