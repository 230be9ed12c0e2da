/**
 * plan@1: what the box means to do in the next two days, slot by slot: modes, limits and load starts, never powers
 * to be followed blindly. Each slot says what it expects, so that a plan that reality has left is noticed, and the
 * whole says what it saves against the rules alone on the same forecast, and which limits bind.
 * Units: W, Wh, %, money per kWh in `currency`; times ISO 8601 UTC, slots half-open `[start, end)`.
 */
import * as z from 'zod';
import { finite, id, instant, version } from './schema.ts';
import { BATTERY_MODES } from './site.ts';

const watts = finite.nonnegative();
const pct = finite.min(0).max(100);

const plannedBattery = z
  .object({
    id,
    /** `auto` is the inverter's own will and cannot be planned. */
    mode: z.enum(BATTERY_MODES).exclude(['auto']),
    chargeLimitW: watts,
    dischargeLimitW: watts,
    /** State of charge expected in this slot; outside the band the plan is ignored. */
    socMinPct: pct,
    socMaxPct: pct,
  })
  .refine(({ socMinPct, socMaxPct }) => socMinPct <= socMaxPct, 'socMinPct is above socMaxPct');

const slot = z
  .object({
    start: instant,
    end: instant,
    batteries: z.array(plannedBattery).max(8),
    /** Deferrable loads that run in this slot; a load starts in the first slot that names it. */
    loadsOn: z.array(id).max(64),
    /** Mean house load expected, without managed loads, and how far it may be off. */
    houseLoadW: watts,
    houseLoadBandW: watts,
    /** What one more stored kilowatt-hour is worth then, money. */
    storedValuePerKwh: finite,
  })
  .refine(({ start, end }) => Date.parse(start) < Date.parse(end), 'a slot ends after it starts');
export type PlanSlot = z.infer<typeof slot>;

/** A limit that shaped the plan, or that it could not keep: then `missedBy` says by how much. */
const constraint = z.object({
  code: z.string().max(60),
  /** Start of the first slot in which it binds. */
  from: instant,
  limit: finite,
  missedBy: finite.nonnegative(),
  unit: z.string().max(12),
});

export const plan = z
  .object({
    v: version,
    site: id,
    id: z.string().min(1).max(64),
    issued: instant,
    expires: instant,
    slots: z.array(slot).min(1).max(240),
    currency: z.string().length(3),
    /** Cost over all slots on the forecast, following the plan and with the rules alone. */
    expectedCostMoney: finite,
    rulesCostMoney: finite,
    binding: z.array(constraint).max(50),
  })
  .refine(
    ({ issued, expires }) => Date.parse(issued) < Date.parse(expires),
    'a plan expires after it is issued',
  )
  .refine(({ slots }) => inOrder(slots), 'slots stand in the order of time and do not overlap');
export type Plan = z.infer<typeof plan>;

function inOrder(slots: readonly PlanSlot[]): boolean {
  let endMs = Number.NEGATIVE_INFINITY;
  for (const { start, end } of slots) {
    if (Date.parse(start) < endMs) return false;
    endMs = Date.parse(end);
  }
  return true;
}
