/** Requests to a simulated home; the operations themselves are the simulator's own table. */
import * as z from 'zod';
import { request } from './request.ts';
import { version } from './schema.ts';

export const simRequest = request.extend({
  /** The object it is about, where the operation names one. */
  id: z.string().max(60).optional(),
  body: z.unknown().optional(),
});
export type SimRequest = z.infer<typeof simRequest>;

/**
 * One step of a home whose objects are processes of their own. `offer` asks what each would do in the next `dtS`
 * seconds; `settle` says what became of it, and is when an object takes its step.
 */
const tickBase = z.object({ v: version, n: z.number().int().nonnegative() });
export const simTick = z.discriminatedUnion('phase', [
  tickBase.extend({
    phase: z.literal('offer'),
    nowMs: z.number(),
    dtS: z.number().positive(),
    gridOn: z.boolean(),
    /** Objects whose relay or enable contact is open. */
    open: z.array(z.string()),
  }),
  tickBase.extend({
    phase: z.literal('settle'),
    supplied: z.boolean(),
    /** Objects whose offer was taken in time; the others take no step. */
    of: z.array(z.string()),
    /** DC power of each battery, + discharging, watts. */
    batteryW: z.record(z.string(), z.number()),
  }),
]);
export type SimTick = z.infer<typeof simTick>;

/** What an object answers to tick `n`; `data` is a matter between objects of one kind and the home. */
export const simAnswer = z.object({
  v: version,
  n: z.number().int().nonnegative(),
  phase: z.enum(['offer', 'settle']),
  kind: z.string().max(40),
  data: z.unknown(),
});
export type SimAnswer = z.infer<typeof simAnswer>;

/** The home's time, told at every change of it. */
export const simClock = z.object({
  v: version,
  at: z.iso.datetime(),
  /** Home seconds per real second while it runs. */
  speed: z.number().positive(),
  paused: z.boolean(),
});
export type SimClock = z.infer<typeof simClock>;
