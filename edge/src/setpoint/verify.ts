/**
 * May this message act? Everything that could make a set-point not ours, not now or not allowed, in a fixed order:
 * readable, signed by a known key, for this site, for this start of the box, never seen, within its time, of a kind
 * this home has, within the installer's bounds. The first that fails is the answer.
 * Parsing and the signature are ports; wall time is null while the clock is not trusted.
 */

import { type Allowance, breachOf } from '@wattward/broker/wire/allowance';
import type { Setpoint, SetpointAck, UnsignedSetpoint } from '@wattward/broker/wire/setpoint';

export type Refusal = NonNullable<SetpointAck['why']>;

export type ParsedSetpoint =
  | { readonly ok: true; readonly message: Setpoint }
  | { readonly ok: false; readonly problem: string };

export interface VerifyPorts {
  /** The wire's parser. */
  readonly parse: (text: string) => ParsedSetpoint;
  /** Whether the signature over everything else is by a key this box obeys. */
  readonly isSigned: (message: Setpoint) => boolean;
}

export interface VerifyContext {
  readonly siteId: string;
  /** Drawn at this start of the box. */
  readonly challenge: string;
  /** The highest sequence number taken so far. */
  readonly lastSeq: number;
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
      /** The message is ours and new: its number is used up. */
      readonly usesSeq: boolean;
    };

/** Longest time ahead a set-point may end. */
const MAX_AHEAD_MS = 400 * 86_400_000;

export function verifySetpoint(text: string, ports: VerifyPorts, context: VerifyContext): SetpointVerdict {
  const parsed = ports.parse(text);
  if (!parsed.ok) {
    const params = { problem: parsed.problem };
    return { ok: false, why: 'malformed', params, id: '', seq: null, usesSeq: false };
  }
  const { message } = parsed;
  const refuse = (why: Refusal, params: SetpointAck['params'] = {}, usesSeq = false): SetpointVerdict => ({
    ok: false,
    why,
    params,
    id: message.id,
    seq: message.seq,
    usesSeq,
  });
  if (!ports.isSigned(message)) return refuse('bad-signature');
  if (isByOnePerson(message)) return refuse('malformed', { problem: 'proposed and approved by one person' });
  if (message.site !== context.siteId) return refuse('foreign-site', { site: message.site });
  if (message.challenge !== context.challenge) return refuse('stale-challenge');
  if (message.seq <= context.lastSeq) return refuse('replayed', { lastSeq: context.lastSeq });
  if (context.wallMs === null) return refuse('clock-untrusted');
  const untimely = timeProblem(message, context.wallMs);
  if (untimely) return refuse(untimely, { notBefore: message.notBefore, expires: message.expires }, true);
  if (message.kind === 'revoke') return { ok: true, message };
  const breach = breachOf(message, context.allowance);
  return breach ? refuse(breach.why, breach.params, true) : { ok: true, message };
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
