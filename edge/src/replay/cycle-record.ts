/**
 * One cycle as it is kept for 48 h: what went into the decision, and digests of what came out.
 *
 * Every minute a key frame holds the state the cycle began with; every hour, and whenever they change, the effective
 * settings and the plan stand with it. From a key frame on everything can be computed again. Records of one start of
 * the box are chained: each hash covers the one before, the times of the cycle and everything in the record, so that
 * a record changed, removed, swapped or put in later is found, with its cycle.
 */
import { hash } from 'node:crypto';
import type { Decision } from '../core/decision.ts';
import type { Plan } from '../core/plan.ts';
import type { Settings } from '../core/settings.ts';
import type { Snapshot } from '../core/snapshot.ts';
import type { State } from '../core/state.ts';
import type { Stamp } from '../record/store.ts';

export interface CycleContent {
  readonly cycle: number;
  /** Control time, epoch milliseconds. */
  readonly nowMs: number;
  readonly snapshot: Snapshot;
  /** Digest of each field of the decision, in the order of `DIGESTED`. */
  readonly digests: string;
  /** Key frame: the state before the cycle, the hash before this record, and the software that decided. */
  readonly key?: { readonly state: State; readonly previous: string; readonly software: string };
  /** Stands with a key frame: what holds from here on. */
  readonly frame?: { readonly settings: Settings; readonly plan: Plan | null };
}

/** A record as it was read: whole only when its hash fits `previous`. */
export interface ReadCycle extends CycleContent {
  readonly at: Stamp;
  readonly boot: string;
  readonly hash: string;
  /** The text the hash covers. */
  readonly body: string;
}

/** Every field of a decision, so that the first one that differs can be named. */
export const DIGESTED = [
  'atMs',
  'cycle',
  'homeMode',
  'reason',
  'loads',
  'batteries',
  'exportLimit',
  'balance',
  'allocation',
  'demand',
  'today',
  'closedSlot',
  'importPricePerKwh',
  'exportPricePerKwh',
  'outcomes',
  'alarms',
  'mustPersist',
] as const satisfies readonly (keyof Decision)[];
// A field of the decision that is missing above is a mistake of the compiler's, not of a night in the field.
type Missing = Exclude<keyof Decision, (typeof DIGESTED)[number]>;
const COMPLETE: Missing extends never ? true : Missing = true;

const DIGEST_CHARACTERS = 8;
const HASH_CHARACTERS = 22;
const HASH_SUFFIX = /,"h":"([A-Za-z0-9_-]{22})"\}$/;

export function digestsOf(decision: Decision): string {
  let digests = COMPLETE ? '' : '-';
  for (const field of DIGESTED) {
    digests += digest(JSON.stringify(decision[field])).slice(0, DIGEST_CHARACTERS);
  }
  return digests;
}

/** The first field whose digest differs. */
export function firstDigestDifference(recorded: string, computed: string): string | null {
  for (const [i, field] of DIGESTED.entries()) {
    const from = i * DIGEST_CHARACTERS;
    const to = from + DIGEST_CHARACTERS;
    if (recorded.slice(from, to) !== computed.slice(from, to)) return field;
  }
  return recorded === computed ? null : 'digests';
}

/** Where the chain of one start of the box begins. */
export function chainStart(boot: string): string {
  return digest(`boot ${boot}`).slice(0, HASH_CHARACTERS);
}

export function recordHash(previous: string, at: Stamp, body: string): string {
  return digest(`${previous}\n${at.monoMs}\n${at.wallMs ?? '-'}\n${body}`).slice(0, HASH_CHARACTERS);
}

export function writtenRecord(content: CycleContent, at: Stamp, previous: string): Written {
  const { cycle: n, nowMs: t, digests: d, snapshot: s, key, frame } = content;
  const body = JSON.stringify({ n, t, d, ...(key && { k: key }), ...(frame && { f: frame }), s });
  const chained = recordHash(previous, at, body);
  return { json: `${body.slice(0, -1)},"h":"${chained}"}`, hash: chained };
}

interface Written {
  readonly json: string;
  readonly hash: string;
}

/** Null for what is no such record at all. */
export function readRecord(json: string, at: Stamp, boot: string): ReadCycle | null {
  const chained = HASH_SUFFIX.exec(json)?.[1];
  if (chained === undefined) return null;
  const body = json.replace(HASH_SUFFIX, '}');
  try {
    const { n, t, d, s, k, f } = JSON.parse(body) as {
      readonly n: number;
      readonly t: number;
      readonly d: string;
      readonly s: Snapshot;
      readonly k?: NonNullable<CycleContent['key']>;
      readonly f?: NonNullable<CycleContent['frame']>;
    };
    const content = {
      cycle: n,
      nowMs: t,
      digests: d,
      snapshot: s,
      ...(k && { key: k }),
      ...(f && { frame: f }),
    };
    return { ...content, at, boot, hash: chained, body };
  } catch {
    return null;
  }
}

function digest(text: string): string {
  return hash('sha256', text, 'base64url');
}
