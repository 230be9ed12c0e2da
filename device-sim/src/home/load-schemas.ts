/** The loads of a home file, kind by kind: what draws power. */
import * as z from 'zod';
import { load, number, phase, power, timeOfDay } from './schema-parts.ts';

export const household = z.strictObject({
  ...load,
  kind: z.literal('household'),
  phase: phase.default('all'),
  standbyW: number(0, 20_000).default(120),
  fridgeW: number(0, 2000).default(95),
  eveningW: number(0, 20_000).default(350),
  startsPerDay: number(0, 200).default(14),
});

export const appliance = z.strictObject({
  ...load,
  kind: z.literal('appliance'),
  powerW: power,
  on: z.boolean().default(false),
});

export const heater = z.strictObject({ ...load, kind: z.literal('heater'), powerW: power });

export const waterHeater = z.strictObject({
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

export const fridge = z.strictObject({
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

export const heatPump = z.strictObject({
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

export const poolPump = z.strictObject({
  ...load,
  kind: z.literal('pool-pump'),
  powerW: power.default(750),
  /** Its own timer; with a relay it runs whenever the relay lets it. */
  from: timeOfDay.default('09:00'),
  to: timeOfDay.default('15:00'),
});

export const program = z.strictObject({
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

export const ev = z.strictObject({
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
