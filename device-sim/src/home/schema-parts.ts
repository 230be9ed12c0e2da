/** What the properties of all objects of a home file are made of. */
import * as z from 'zod';

export const number = (min: number, max: number) => z.number().min(min).max(max);
export const power = number(0, 100_000);
export const id = z
  .string()
  .regex(/^[a-z0-9-]{1,24}$/, 'write 1 to 24 lower case letters, digits and dashes');
export const name = z.string().min(1).max(60);
export const weekdays = z.array(z.number().int().min(0).max(6)).min(1).optional();
export const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'write a time of day such as "07:30"');
export const localTime = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/, 'write local time such as 2026-01-14T22:00');
export const base = { id, name: name.optional() };
export const phase = z.enum(['L1', 'L2', 'L3', 'all']).default('L1');
export const relay = z.strictObject({ board: id, channel: z.number().int().min(1).max(4) }).optional();
export const load = { ...base, phase, relay };
