/** Batteries as the installer enters them. */
import * as z from 'zod';
import { id, name, optional, required, tunable } from './field.ts';

export const batterySettings = z.strictObject({
  id,
  name,
  inverter: id.meta({ description: 'id of the inverter it hangs on' }),
  capability: z
    .enum(['observe', 'limit', 'setpoint'])
    .default('limit')
    .meta({ description: 'observe: read only; limit: takes modes and limits; setpoint: takes a power' }),
  capacityWh: required({ unit: 'Wh', min: 100, max: 1_000_000, about: 'usable energy' }),
  maxChargeW: required({ unit: 'W', min: 0, max: 200_000, about: 'largest charging power' }),
  maxDischargeW: required({ unit: 'W', min: 0, max: 200_000, about: 'largest discharging power' }),
  reservePct: tunable(10, {
    unit: '%',
    min: 0,
    max: 100,
    about: 'kept for outages: no discharge below it, charged back when it falls under it',
  }),
  ceilingPct: tunable(100, {
    unit: '%',
    min: 20,
    max: 100,
    about: 'charging stops here; lower for long life',
  }),
  dischargeOnPct: tunable(40, {
    unit: '%',
    min: 0,
    max: 100,
    about: 'discharge starts at or above it, and at least so far above the reserve as the next number says',
  }),
  startAboveReservePct: tunable(5, {
    unit: '%',
    min: 1,
    max: 50,
    about: 'discharge starts at least so far above the reserve: it does not chatter there',
  }),
  dischargeOffPct: tunable(35, {
    unit: '%',
    min: 0,
    max: 100,
    about: 'a started discharge goes on until the charge falls below it (at least the reserve)',
  }),
  maintenanceBelowReservePct: tunable(2, {
    unit: '%',
    min: 0.5,
    max: 20,
    about: 'so far below the reserve a maintenance charge from any source begins',
  }),
  ceilingMarginPct: tunable(1, {
    unit: '%',
    min: 0.1,
    max: 20,
    about: 'a full battery is charged again when it has fallen so far below its ceiling',
  }),
  maintenanceW: tunable(500, { unit: 'W', min: 0, max: 20_000, about: 'power of the maintenance charge' }),
  alarmPct: tunable(5, {
    unit: '%',
    min: 0,
    max: 50,
    about: 'alarm below it: deep discharge harms the cells',
  }),
  gridCharge: z.boolean().default(true).meta({ description: 'may be charged from the grid at all' }),
  roundTripEfficiencyPct: tunable(90, {
    unit: '%',
    min: 40,
    max: 100,
    about: 'share of stored energy that comes back; decides whether buying low to use high pays',
  }),
  wearPerKwh: tunable(0.03, {
    unit: 'money/kWh',
    min: 0,
    max: 2,
    about: 'cost of ageing per discharged kWh; decides whether a cycle pays',
  }),
  rampWPerS: optional({
    unit: 'W/s',
    min: 10,
    max: 200_000,
    about: 'largest change of limits and set-point; spares the inverter and the grid',
  }),
  distrustMode: z.enum(['idle', 'auto']).default('idle').meta({
    description: 'mode while the grid power is not known; `auto` only if commissioning proved it safe',
  }),
  leaseS: tunable(90, {
    unit: 's',
    min: 10,
    max: 900,
    about: 'revert timer of commands: without the box the inverter goes back to its own mode after it',
  }),
});
export type SiteBattery = z.infer<typeof batterySettings>;
