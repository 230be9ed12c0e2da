/**
 * What a home file may say: a place, a sky, and a list of objects with their properties. One schema is the whole
 * documentation of the format; every property has its unit in its name and a bound.
 */
import * as z from 'zod';

const number = (min: number, max: number) => z.number().min(min).max(max);
const power = number(0, 100_000);
const id = z.string().regex(/^[a-z0-9-]{1,24}$/, 'write 1 to 24 lower case letters, digits and dashes');
const name = z.string().min(1).max(60);
const weekdays = z.array(z.number().int().min(0).max(6)).min(1).optional();
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write a time of day such as "07:30"');
const localTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/, 'write local time such as 2026-01-14T22:00');
const base = { id, name: name.optional() };
const phase = z.enum(['L1', 'L2', 'L3', 'all']).default('L1');
const relay = z.strictObject({ board: id, channel: z.number().int().min(1).max(4) }).optional();
const load = { ...base, phase, relay };

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
  efficiencyPct: number(80, 99).default(96),
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

const household = z.strictObject({
  ...load,
  kind: z.literal('household'),
  phase: phase.default('all'),
  standbyW: number(0, 20_000).default(120),
  fridgeW: number(0, 2000).default(95),
  eveningW: number(0, 20_000).default(350),
  startsPerDay: number(0, 200).default(14),
});

const appliance = z.strictObject({
  ...load,
  kind: z.literal('appliance'),
  powerW: power,
  on: z.boolean().default(false),
});

const heater = z.strictObject({ ...load, kind: z.literal('heater'), powerW: power });

const waterHeater = z.strictObject({
  ...load,
  kind: z.literal('water-heater'),
  powerW: power,
  volumeL: number(5, 5000).default(200),
  setpointC: number(30, 95).default(60),
  hysteresisC: number(0.5, 30).default(5),
  lossWPerK: number(0, 20).default(1.5),
  drawLPerDay: number(0, 3000).default(120),
  coldC: number(1, 30).default(12),
  roomC: number(-10, 40).default(18),
  initialTemperatureC: number(5, 95).default(52),
});

const fridge = z.strictObject({
  ...load,
  kind: z.literal('fridge'),
  powerW: power.default(90),
  cop: number(0.5, 6).default(2),
  setpointC: number(-30, 15).default(4),
  hysteresisC: number(0.2, 10).default(2),
  roomC: number(-10, 45).default(20),
  lossWPerK: number(0.05, 500).default(1.6),
  capacityWhPerK: number(0.5, 500).default(14),
  openingsPerDay: number(0, 500).default(24),
  initialTemperatureC: number(-35, 40).default(5),
});

const heatPump = z.strictObject({
  ...load,
  kind: z.literal('heat-pump'),
  phase: phase.default('all'),
  powerW: power.default(2500),
  standbyW: number(0, 200).default(15),
  setpointC: number(5, 30).default(21),
  hysteresisC: number(0.1, 5).default(0.6),
  flowC: number(20, 75).default(35),
  qualityPct: number(10, 80).default(45),
  lossWPerK: number(5, 5000).default(180),
  capacityKWhPerK: number(0.2, 200).default(9),
  gainsW: number(0, 10_000).default(350),
  initialTemperatureC: number(-10, 35).default(21),
});

const poolPump = z.strictObject({
  ...load,
  kind: z.literal('pool-pump'),
  powerW: power.default(750),
  /** Its own timer; with a relay it runs whenever the relay lets it. */
  from: timeOfDay.default('09:00'),
  to: timeOfDay.default('15:00'),
});

const program = z.strictObject({
  ...load,
  kind: z.literal('program'),
  /** Which machine, where the phases are not written out. */
  machine: z.enum(['washing-machine', 'dishwasher']).default('washing-machine'),
  phases: z
    .array(z.strictObject({ minutes: number(0.1, 600), powerW: power }))
    .min(1)
    .max(40)
    .optional(),
  standbyW: number(0, 50).default(1),
  loadsPerDay: number(0, 1).default(0.7),
  loadedFrom: timeOfDay.default('07:30'),
  loadedTo: timeOfDay.default('11:00'),
});

const ev = z.strictObject({
  ...load,
  kind: z.literal('ev'),
  chargeW: power,
  standbyW: number(0, 50).default(3),
  batteryWh: number(1000, 500_000).default(52_000),
  efficiencyPct: number(50, 100).default(91),
  arrival: timeOfDay.default('17:30'),
  departure: timeOfDay.default('07:30'),
  needWhPerDay: number(0, 200_000).default(7500),
  drivingDays: z.array(z.number().int().min(0).max(6)).default([1, 2, 3, 4, 5]),
  initialSocPct: number(0, 100).default(60),
});

const gridMeter = z.strictObject({
  ...base,
  kind: z.literal('grid-meter'),
  model: z.literal('sdm630').default('sdm630'),
  /** Phases whose current transformer sits the wrong way round. */
  reversed: z.array(z.enum(['L1', 'L2', 'L3'])).default([]),
  /** Constant error of power and current, percent of the reading, within the class of the meter. */
  errorPct: number(-5, 5).default(0),
  /** Largest wander of each phase's power. */
  noiseW: number(0, 1000).default(0),
  /** How old its readings are. */
  latencyMs: number(0, 60_000).default(0),
});

const loadMeter = z.strictObject({
  ...base,
  kind: z.literal('load-meter'),
  periodMs: number(100, 60_000).default(1000),
  /** How it tells its readings; see src/faces/meter-formats.ts. */
  format: z
    .enum([
      'wattward',
      'tasmota-sml',
      'shelly-pm',
      'shelly-em',
      'dsmr-reader',
      'zigbee2mqtt',
      'victron',
      'json',
    ])
    .default('wattward'),
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
