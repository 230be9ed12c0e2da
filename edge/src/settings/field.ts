/** Building blocks of the settings schema: every number carries its unit, range, default and what it protects. */
import { ID_PATTERN } from '@wattward/broker/wire/topics';
import * as z from 'zod';

export interface NumberField {
  readonly unit: string;
  readonly min: number;
  readonly max: number;
  /** One clause: what the number is, and what it protects. */
  readonly about: string;
}

/** A number that must be given. */
export function required(field: NumberField) {
  return z.number().min(field.min).max(field.max).meta({ unit: field.unit, description: field.about });
}

/** A number with a default. */
export function tunable(preset: number, field: NumberField) {
  return required(field).default(preset);
}

/** A number that may be left out or `null`: then the thing it limits is unlimited or absent. */
export function optional(field: NumberField) {
  return required(field).nullable().default(null);
}

export const id = z
  .string()
  .regex(ID_PATTERN)
  .meta({ description: 'id: lower case letters, digits and dashes, at most 40 characters; never changes' });

export const name = z.string().min(1).max(80).meta({ description: 'what people call it; free to change' });

/** A local time of day, `HH:MM`. */
export const timeOfDay = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/)
  .meta({ description: 'local time of day, "HH:MM" in quotes' });

/** Minutes since midnight of a checked `HH:MM`. */
export function minuteOf(text: string): number {
  return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
}
