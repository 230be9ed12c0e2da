/**
 * May this message act? Everything that could make a set-point not ours, not now or not allowed, in a fixed order:
 * readable, naming a known key, signed by that key, for this site, for this start of the box, never seen of this key,
 * within its time, of a kind that key and topic may send, that this home has, within the installer's bounds. The first
 * that fails is the answer. Each key counts for itself: whatever numbers one uses up, the others go on where they are.
 * Parsing and the signature are ports; wall time is null while the clock is not trusted.
 */

import { type Allowance, breachOf } from '@wattward/broker/wire/allowance';
import {
  LIMIT_KINDS,
  type Setpoint,
  type SetpointAck,
  type SetpointKind,
  type UnsignedSetpoint,
} from '@wattward/broker/wire/setpoint';

export type Refusal = NonNullable<SetpointAck['why']>;

export type ParsedSetpoint =
  | { readonly ok: true; readonly message: Setpoint }
  | { readonly ok: false; readonly problem: string };

/** Where a set-point comes in, each a topic and a role of its own at the broker; its answers go back there. */
export type Door = 'portal' | 'operator';

/** A key this box obeys, and in what. */
export interface KeyScope {
  readonly id: string;
  readonly kinds: readonly SetpointKind[];
}

export interface VerifyPorts {
  /** The wire's parser. */
  readonly parse: (text: string) => ParsedSetpoint;
  /** Whether the signature over everything else is by the key that the message names. */
  readonly isSigned: (message: Setpoint) => boolean;
}

export interface VerifyContext {
  readonly siteId: string;
  /** Drawn at this start of the box. */
  readonly challenge: string;
  readonly door: Door;
  readonly keys: readonly KeyScope[];
  /** By key: the highest sequence number taken so far. */
  readonly lastSeqs: Readonly<Record<string, number>>;
  readonly wallMs: number | null;
  /** What the installer allows from afar. */
  readonly allowance: Allowance;
}

export type SetpointVerdict =
  | { readonly ok: true; readonly message: Setpoint }
  | {
      readonly ok: false;
      readonly why: Refusal;
      readonly params: SetpointAck['params'];
      readonly id: string;
      /** Null when the message could not be read or is not by one of ours. */
      readonly seq: number | null;
      /** The message is by this key of ours and new: its number is used up. */
      readonly usesSeqOf: string | null;
    };

/** Longest time ahead a set-point may end. */
const MAX_AHEAD_MS = 400 * 86_400_000;

export function verifySetpoint(text: string, ports: VerifyPorts, context: VerifyContext): SetpointVerdict {
  const parsed = ports.parse(text);
  if (!parsed.ok) {
    const params = { problem: parsed.problem };
    return { ok: false, why: 'malformed', params, id: '', seq: null, usesSeqOf: null };
  }
  const { message } = parsed;
  const refuse = (
    why: Refusal,
    params: SetpointAck['params'] = {},
    usesSeqOf: string | null = null,
  ): SetpointVerdict => ({
    ok: false,
    why,
    params,
    id: message.id,
    seq: message.seq,
    usesSeqOf,
  });
  const key = context.keys.find(({ id }) => id === message.key);
  if (!key) return refuse('unknown-key', { key: message.key });
  if (!ports.isSigned(message)) return refuse('bad-signature');
  if (context.door === 'portal' && isByOnePerson(message))
    return refuse('malformed', { problem: 'proposed and approved by one person' });
  if (message.site !== context.siteId) return refuse('foreign-site', { site: message.site });
  if (message.challenge !== context.challenge) return refuse('stale-challenge');
  const lastSeq = context.lastSeqs[key.id] ?? 0;
  if (message.seq <= lastSeq) return refuse('replayed', { lastSeq });
  if (context.wallMs === null) return refuse('clock-untrusted');
  const untimely = timeProblem(message, context.wallMs);
  if (untimely) return refuse(untimely, { notBefore: message.notBefore, expires: message.expires }, key.id);
  // It ends nothing but what the same key has sent; the book sees to that.
  if (message.kind === 'revoke') return { ok: true, message };
  const { kind } = message;
  // Its number stays: where the wrong door is tried first, the right one must still be open.
  if (!maySend(key, context.door, kind)) return refuse('out-of-scope', { key: key.id, kind });
  const breach = breachOf(message, context.allowance);
  return breach ? refuse(breach.why, breach.params, key.id) : { ok: true, message };
}

/** Both must allow it, so that neither a wide key nor a wide credential makes up for the other. */
function maySend(key: KeyScope, door: Door, kind: SetpointKind): boolean {
  return key.kinds.includes(kind) && (door === 'portal' || LIMIT_KINDS.includes(kind));
}

/** Whoever signs has told two people apart by more than this; the box looks at what it is shown. */
function isByOnePerson({ kind, issuer, approver }: UnsignedSetpoint): boolean {
  return kind !== 'revoke' && issuer.trim().toLowerCase() === approver.trim().toLowerCase();
}

function timeProblem(message: UnsignedSetpoint, wallMs: number): Refusal | null {
  const startMs = Date.parse(message.notBefore);
  const endMs = Date.parse(message.expires);
  if (!(endMs > wallMs) || !(endMs > startMs)) return 'expired';
  if (endMs - wallMs > MAX_AHEAD_MS) return 'not-yet-valid';
  return null;
}
