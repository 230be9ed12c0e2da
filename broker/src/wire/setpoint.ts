/** An approved change of what a site is to do, signed by the portal, checked by the box. */
import * as z from 'zod';
import { count, finite, id, instant, version } from './schema.ts';

const watts = z.object({ watts: finite });
/** Every kind of set-point with the shape of its value. Bounds are the installer's, not the wire's. */
export const SETPOINT_VALUES = {
  'peak-threshold': watts,
  'battery-reserve': z.object({ pct: finite.min(0).max(100) }),
} as const;
export type SetpointKind = keyof typeof SETPOINT_VALUES;
export const SETPOINT_KINDS = Object.keys(SETPOINT_VALUES) as SetpointKind[];

const common = {
  v: version,
  id: z.string().min(8).max(64),
  site: id,
  notBefore: instant,
  expires: instant,
  /** Who proposed it and who approved it, for the record. */
  issuer: z.string().max(120),
  approver: z.string().max(120),
  expectedSaving: z.object({ money: finite, currency: z.string().length(3) }).nullable(),
  /** Rises with every set-point of the site. */
  seq: count,
  /** The box's own challenge, from its description. */
  challenge: z.string().max(64),
};

export const unsignedSetpoint = z.discriminatedUnion('kind', [
  z.object({ ...common, kind: z.literal('peak-threshold'), value: SETPOINT_VALUES['peak-threshold'] }),
  z.object({ ...common, kind: z.literal('battery-reserve'), value: SETPOINT_VALUES['battery-reserve'] }),
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
  'bad-signature',
  'foreign-site',
  'replayed',
  'stale-challenge',
  'not-yet-valid',
  'expired',
  'out-of-bounds',
  'unsupported-kind',
  'unknown-id',
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
