/** Messages between the box and one relay board. Channels count from 1; `on` always means: the load is energised. */
import * as z from 'zod';
import { count, finite, id, version } from './schema.ts';

const channel = z.number().int().min(1).max(16);
/** 1 to 8 hex digits drawn at every boot of the board. */
const boot = z.string().regex(/^[0-9a-f]{1,8}$/);

export const boardHello = z.object({
  v: version,
  board: id,
  boot,
  model: z.string().max(40),
  firmware: z.string().max(40),
  channels: channel,
  pins: z.array(z.number().int()).max(16),
  mac: z.string().regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/),
  claim: z.string().max(64),
});
export type BoardHello = z.infer<typeof boardHello>;

export const CHANNEL_CAUSES = ['boot', 'command', 'lease-end', 'button', 'config', 'safe'] as const;

export const boardState = z.object({
  v: version,
  board: id,
  boot,
  /** The board's own monotonic time since it started. */
  uptimeMs: count,
  /** Sequence number of the last command taken. */
  seq: count,
  channels: z
    .array(
      z.object({
        channel,
        on: z.boolean(),
        cause: z.enum(CHANNEL_CAUSES),
        /** How long the channel has been in this state. */
        sinceMs: count,
        leaseLeftS: finite.nonnegative(),
        /** Switching operations over the relay's life. */
        switches: count,
      }),
    )
    .max(16),
  rssi: finite,
  heap: count,
});
export type BoardState = z.infer<typeof boardState>;

export const boardCommand = z.object({
  v: version,
  board: id,
  boot,
  seq: count,
  channel,
  on: z.boolean(),
  /** 0 is enough for a return to the safe state, which needs no lease. */
  leaseS: z.number().int().min(0).max(120),
  /** The command is void once the board's own uptime has passed this. */
  expUptimeMs: count,
  reason: z.string().max(120),
  /** Sent by a protective rule: may break a minimum on-time and ends what a person switched by button. */
  protective: z.boolean().optional(),
});
export type BoardCommand = z.infer<typeof boardCommand>;

export const REFUSALS = [
  'foreign-board',
  'foreign-boot',
  'old-seq',
  'expired',
  'bad-channel',
  'lease-too-long',
  'boot-hold',
  'min-on',
  'min-off',
  'interlock',
  'budget',
  'button',
] as const;

export const boardAck = z.object({
  v: version,
  board: id,
  boot,
  seq: count,
  result: z.enum(['done', 'refused']),
  why: z.enum(REFUSALS).optional(),
});
export type BoardAck = z.infer<typeof boardAck>;

export const boardConfig = z.object({
  v: version,
  board: id,
  channels: z
    .array(
      z.object({
        channel,
        safeState: z.enum(['off', 'on']),
        contact: z.enum(['no', 'nc']),
        minOnS: count,
        minOffS: count,
        /** Channels of one interlock group are never energised together; 0 is no group. */
        interlock: z.number().int().min(0).max(16),
        maxLeaseS: z.number().int().min(1).max(120),
        maxSwitchesPerHour: count,
        maxSwitchesPerDay: count,
      }),
    )
    .max(16),
  telemetryS: z.number().int().min(1).max(300),
});
export type BoardConfig = z.infer<typeof boardConfig>;

export const boardIdentify = z.object({ v: version, seconds: z.number().int().min(1).max(300) });
export const boardButton = z.object({ v: version, board: id, boot, channel });
export const boardCredential = z.object({ v: version, board: id, secret: z.string().min(22).max(64) });
export const availability = z.enum(['online', 'offline']);
