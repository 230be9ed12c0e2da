/**
 * Messages from the box, checked field by field before anything acts on them. As strict as the wire's schemas (a
 * test compares them on thousands of messages), without the weight of a schema library. Fields that are not known
 * are ignored; anything else wrong makes the whole message void.
 */
import type { ChannelConfig, CommandMessage, ConfigMessage } from '../relay-board/messages.ts';

/** Longest message taken, bytes: four channels of configuration with room to spare. */
export const MAX_MESSAGE_BYTES = 2048;

const HEXADECIMAL = '0123456789abcdef';
const ID_LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789-';

type Fields = Readonly<Record<string, unknown>>;

export function parseCommand(text: string): CommandMessage | undefined {
  const m = fieldsOf(text);
  if (!m) return undefined;
  const { board, boot, reason, on, protective } = m;
  const seq = whole(m.seq);
  const channel = whole(m.channel, 1, 16);
  const leaseS = whole(m.leaseS, 0, 120);
  const expUptimeMs = whole(m.expUptimeMs);
  if (!isId(board) || !isMadeOf(boot, HEXADECIMAL, 8)) return undefined;
  if (typeof reason !== 'string' || reason.length > 120 || typeof on !== 'boolean') return undefined;
  if (protective !== undefined && typeof protective !== 'boolean') return undefined;
  if (seq === undefined || channel === undefined || leaseS === undefined || expUptimeMs === undefined)
    return undefined;
  const command: CommandMessage = { v: 1, board, boot, seq, channel, on, leaseS, expUptimeMs, reason };
  return protective === undefined ? command : { ...command, protective };
}

export function parseConfig(text: string): ConfigMessage | undefined {
  const m = fieldsOf(text);
  const telemetryS = whole(m?.telemetryS, 1, 300);
  if (!m || !isId(m.board) || telemetryS === undefined) return undefined;
  if (!Array.isArray(m.channels) || m.channels.length > 16) return undefined;
  const channels: ChannelConfig[] = [];
  for (const entry of m.channels) {
    const channel = channelConfig(entry);
    if (!channel) return undefined;
    channels.push(channel);
  }
  return { v: 1, board: m.board, channels, telemetryS };
}

/** Seconds to blink for. */
export function parseIdentify(text: string): number | undefined {
  return whole(fieldsOf(text)?.seconds, 1, 300);
}

/** The board's own secret, handed over once at its claim. */
export function parseCredential(text: string): { board: string; secret: string } | undefined {
  const m = fieldsOf(text);
  if (!m || !isId(m.board) || typeof m.secret !== 'string') return undefined;
  if (m.secret.length < 22 || m.secret.length > 64) return undefined;
  return { board: m.board, secret: m.secret };
}

function channelConfig(entry: unknown): ChannelConfig | undefined {
  if (!isFields(entry)) return undefined;
  const { safeState, contact } = entry;
  if ((safeState !== 'off' && safeState !== 'on') || (contact !== 'no' && contact !== 'nc')) return undefined;
  const channel = whole(entry.channel, 1, 16);
  const minOnS = whole(entry.minOnS);
  const minOffS = whole(entry.minOffS);
  const interlock = whole(entry.interlock, 0, 16);
  const maxLeaseS = whole(entry.maxLeaseS, 1, 120);
  const maxSwitchesPerHour = whole(entry.maxSwitchesPerHour);
  const maxSwitchesPerDay = whole(entry.maxSwitchesPerDay);
  if (channel === undefined || minOnS === undefined || minOffS === undefined) return undefined;
  if (interlock === undefined || maxLeaseS === undefined) return undefined;
  if (maxSwitchesPerHour === undefined || maxSwitchesPerDay === undefined) return undefined;
  return {
    channel,
    safeState,
    contact,
    minOnS,
    minOffS,
    interlock,
    maxLeaseS,
    maxSwitchesPerHour,
    maxSwitchesPerDay,
  };
}

function fieldsOf(text: string): Fields | undefined {
  if (text.length > MAX_MESSAGE_BYTES) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isFields(parsed) && parsed.v === 1 ? parsed : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is string {
  return isMadeOf(value, ID_LETTERS, 40);
}

/** A loop and no regular expression: no memory is taken for it at each message. */
function isMadeOf(value: unknown, letters: string, maxLength: number): value is string {
  if (typeof value !== 'string' || value === '' || value.length > maxLength) return false;
  for (const letter of value) if (!letters.includes(letter)) return false;
  return true;
}

function whole(value: unknown, min = 0, max = Number.MAX_SAFE_INTEGER): number | undefined {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return undefined;
  return value >= min && value <= max ? value : undefined;
}
