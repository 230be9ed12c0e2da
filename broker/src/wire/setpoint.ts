/**
 * An approved change of what a site is to do, signed by the portal or by the operator of the grid, checked by the box.
 * The message names its key; what that key may send, and its sequence, are its own.
 */
import * as z from 'zod';
import { count, finite, id, instant, version } from './schema.ts';
import { BATTERY_MODES } from './site.ts';

const pct = finite.min(0).max(100);
const watts = z.object({ watts: finite.nonnegative() });
/** Who decides over a plan of the box: it is only shown, a person approves it, or it runs by itself. */
export const PLAN_POLICIES = ['advise', 'approve', 'auto'] as const;
export type PlanPolicy = (typeof PLAN_POLICIES)[number];

const timeWindow = z
  .object({ from: instant, until: instant })
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), 'a window ends after it begins');

/** Every kind of set-point with the shape of its value. Bounds are the installer's, not the wire's. */
export const SETPOINT_VALUES = {
  'peak-threshold': watts,
  'battery-reserve': z.object({ pct }),
  /** Discharge starts at or above `onPct` and ends below `offPct`. */
  'hysteresis-bounds': z
    .object({ onPct: pct, offPct: pct })
    .refine(({ onPct, offPct }) => offPct < onPct, 'offPct lies below onPct'),
  'import-limit': watts,
  'export-limit': watts,
  /** A mode for as long as the set-point is valid. */
  'battery-mode': z.object({
    /** Null: all batteries. */
    battery: id.nullable(),
    mode: z.enum(BATTERY_MODES).exclude(['auto']),
    /** Largest charge or discharge power; null: what the battery can. */
    limitW: finite.nonnegative().nullable(),
  }),
  /** A load forced on or off: as long as the set-point is valid, or only in the windows of a schedule. */
  load: z.object({
    load: id,
    on: z.boolean(),
    windows: z.array(timeWindow).min(1).max(48).optional(),
  }),
  policy: z.object({ policy: z.enum(PLAN_POLICIES) }),
} as const;
export type SetpointKind = keyof typeof SETPOINT_VALUES;
export const SETPOINT_KINDS = Object.keys(SETPOINT_VALUES) as SetpointKind[];
export type SetpointValue<K extends SetpointKind = SetpointKind> = z.infer<(typeof SETPOINT_VALUES)[K]>;

/** What only ever lowers what the home draws or gives: all that comes in at the operator's topic. */
export const LIMIT_KINDS: readonly SetpointKind[] = ['import-limit', 'export-limit'];

/** The key of the portal, under this name in the configuration of the boxes. */
export const PORTAL_KEY = 'portal';

/** The unit of every number in a value, by its name. */
export const VALUE_UNITS: Readonly<Record<string, string>> = {
  watts: 'W',
  limitW: 'W',
  pct: '%',
  onPct: '%',
  offPct: '%',
};

/** Of the names of proposer and approver, in UTF-16 units. */
export const LONGEST_IDENTITY = 120;
const identity = z.string().max(LONGEST_IDENTITY).regex(/\S/, 'names nobody');

const common = {
  v: version,
  id: z.string().min(8).max(64),
  site: id,
  notBefore: instant,
  expires: instant,
  /** Who proposed it and who approved it, for the record. */
  issuer: identity,
  approver: identity,
  expectedSaving: z.object({ money: finite, currency: z.string().length(3) }).nullable(),
  /** Which of the keys that the box knows signed it. */
  key: id,
  /** Rises with every set-point that this key signs for the site. */
  seq: count,
  /** The box's own challenge, from its description. */
  challenge: z.string().max(64),
};

const ofKind = <K extends SetpointKind>(kind: K) =>
  z.object({ ...common, kind: z.literal(kind), value: SETPOINT_VALUES[kind] });

export const unsignedSetpoint = z.discriminatedUnion('kind', [
  ofKind('peak-threshold'),
  ofKind('battery-reserve'),
  ofKind('hysteresis-bounds'),
  ofKind('import-limit'),
  ofKind('export-limit'),
  ofKind('battery-mode'),
  ofKind('load'),
  ofKind('policy'),
  /** Ends an earlier set-point before its time. */
  z.object({ ...common, kind: z.literal('revoke'), value: z.object({ id: z.string().max(64) }) }),
]);
export type UnsignedSetpoint = z.infer<typeof unsignedSetpoint>;

/** Ed25519 over the canonical JSON of the message without this field, base64url. */
const signature = z.object({ signature: z.string().regex(/^[A-Za-z0-9_-]{86}$/) });
export const setpoint = z.intersection(unsignedSetpoint, signature);
export type Setpoint = UnsignedSetpoint & z.infer<typeof signature>;

export const SETPOINT_STATUSES = [
  'accepted',
  'refused',
  'active',
  'completed',
  'superseded',
  'expired',
  'revoked',
] as const;

export const SETPOINT_REFUSALS = [
  'malformed',
  'unknown-key',
  'bad-signature',
  'foreign-site',
  'replayed',
  'stale-challenge',
  'not-yet-valid',
  /** The key, or the topic it came in at, is not for this kind. */
  'out-of-scope',
  'expired',
  'out-of-bounds',
  'unsupported-kind',
  'unknown-id',
  /** There is no such load, battery, or mode here. */
  'unknown-target',
  'clock-untrusted',
] as const;

export const setpointAck = z.object({
  v: version,
  site: id,
  /** Empty when the message could not be read so far. */
  id: z.string().max(64),
  seq: count.nullable(),
  status: z.enum(SETPOINT_STATUSES),
  why: z.enum(SETPOINT_REFUSALS).optional(),
  /** Numbers of the refusal, e.g. the bound that was passed. */
  params: z.record(z.string(), z.union([z.string(), z.number()])),
  at: instant,
});
export type SetpointAck = z.infer<typeof setpointAck>;
