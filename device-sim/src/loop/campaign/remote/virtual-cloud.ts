/**
 * A portal that approves set-points, an operator of the grid that sets limits, and everybody who would like to be one
 * of them. It signs for a site, sends again what was not answered, repeats, replays what was recorded, and makes
 * messages that must not act: forged, foreign, expired, out of bounds, for another start of the box, by a key for what
 * it may not send or under the name of another.
 */
import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import type { Random } from '../random.ts';

/** What a message truly is, beside the text that travels. */
export type Sender = 'portal' | 'operator';

export interface Envelope {
  readonly text: string;
  /** The key it names. */
  readonly key: string;
  /** Whose topic it travels on. */
  readonly door: Sender;
  readonly id: string;
  readonly seq: number;
  readonly kind: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly challenge: string;
  readonly notBeforeMs: number;
  readonly expiresMs: number;
  /** By portal or operator for this site, unchanged, what its key may send, and within the installer's bounds. */
  readonly genuine: boolean;
}

interface Unsigned {
  readonly key: string;
  readonly door: Sender;
  readonly id: string;
  readonly seq: number;
  readonly site: string;
  readonly challenge: string;
  readonly kind: string;
  readonly value: Readonly<Record<string, unknown>>;
  readonly notBeforeMs: number;
  readonly expiresMs: number;
}

export const SITE_ID = 'home-1';
const MINUTE_MS = 60_000;
const PKCS8_ED25519 = '302e020100300506032b657004220420';

const KINDS: readonly { readonly kind: string; value(random: Random): Record<string, unknown> }[] = [
  { kind: 'peak-threshold', value: (r) => ({ watts: r.whole(5000, 12_000) }) },
  { kind: 'battery-reserve', value: (r) => ({ pct: r.whole(5, 60) }) },
  { kind: 'import-limit', value: (r) => ({ watts: r.whole(4500, 15_000) }) },
  { kind: 'load', value: (r) => ({ load: r.pick(['pool-heater', 'water-heater']), on: r.chance(0.7) }) },
  {
    kind: 'battery-mode',
    value: (r) => ({ battery: 'home-battery', mode: r.pick(['hold', 'idle', 'self-consume']), limitW: null }),
  },
];

/** Properly signed, and yet not to be done. */
const UNBOUNDED: readonly { readonly kind: string; readonly value: Record<string, unknown> }[] = [
  { kind: 'peak-threshold', value: { watts: 50_000 } },
  { kind: 'battery-reserve', value: { pct: 1 } },
  { kind: 'load', value: { load: 'the-neighbours-heater', on: true } },
  { kind: 'battery-mode', value: { battery: 'home-battery', mode: 'discharge-grid', limitW: 90_000 } },
];

export class VirtualCloud {
  readonly #random: Random;
  /** The operator draws for itself, so that it changes nothing in what the portal does. */
  readonly #operator: Random;
  readonly #keys: Readonly<Record<Sender, KeyObject>>;
  readonly #stranger: KeyObject;
  readonly publicKeys: Readonly<Record<string, KeyObject>>;
  /** Every message that was ever sent. */
  readonly sent: Envelope[] = [];
  readonly #seqs: Record<Sender, number> = { portal: 0, operator: 0 };
  #sentByOperator = 0;

  constructor(random: Random, operator: Random) {
    this.#random = random;
    this.#operator = operator;
    const portal = keyFrom(random);
    this.#stranger = keyFrom(random);
    this.#keys = { portal, operator: keyFrom(operator) };
    this.publicKeys = {
      portal: createPublicKey(portal),
      operator: createPublicKey(this.#keys.operator),
    };
  }

  /** A new approved set-point. */
  approve(challenge: string, nowMs: number, kind?: string): Envelope {
    const random = this.#random;
    const drawn = KINDS.find((one) => one.kind === kind) ?? random.pick(KINDS);
    const notBeforeMs =
      nowMs + (random.chance(0.3) && kind === undefined ? random.whole(1, 60) : 0) * MINUTE_MS;
    const expiresMs = notBeforeMs + random.whole(5, 180) * MINUTE_MS;
    const value = drawn.value(random);
    return this.#post({ ...this.#next(challenge), kind: drawn.kind, value, notBeforeMs, expiresMs }, true);
  }

  revoke(challenge: string, target: Envelope, nowMs: number): Envelope {
    const times = { notBeforeMs: nowMs, expiresMs: nowMs + 10 * MINUTE_MS };
    return this.#post({ ...this.#next(challenge), kind: 'revoke', value: { id: target.id }, ...times }, true);
  }

  /** A message that must not act. */
  forge(challenge: string, nowMs: number): Envelope {
    const random = this.#random;
    const times = { notBeforeMs: nowMs - MINUTE_MS, expiresMs: nowMs + 60 * MINUTE_MS };
    const plain = { kind: 'peak-threshold', value: { watts: random.whole(5000, 12_000) }, ...times };
    switch (random.whole(0, 6)) {
      case 0:
        return this.#post({ ...this.#next(challenge), ...plain }, false, this.#stranger);
      case 1:
        return this.#post({ ...this.#next(challenge), ...plain, site: 'home-2' }, false);
      case 2:
        return this.#post({ ...this.#next('boot-0'), ...plain }, true);
      case 3:
        // Over by the true time; a box whose clock is behind cannot know.
        return this.#post({ ...this.#next(challenge), ...plain, expiresMs: nowMs - 30_000 }, true);
      case 4:
        return this.#post({ ...this.#next(challenge), ...plain, ...random.pick(UNBOUNDED) }, false);
      case 5:
        return this.#tampered(
          this.#post({ ...this.#next(challenge), ...plain }, false, this.#keys.portal, false),
        );
      default:
        return this.#garbage(
          this.#post({ ...this.#next(challenge), ...plain }, false, this.#stranger, false),
        );
    }
  }

  /** A limit of the operator, with a number that may be far above its last. */
  order(challenge: string, nowMs: number): Envelope {
    const random = this.#operator;
    const times = { notBeforeMs: nowMs, expiresMs: nowMs + random.whole(5, 120) * MINUTE_MS };
    const value = { watts: random.whole(4500, 15_000) };
    return this.#post({ ...this.#nextOrder(challenge), kind: 'import-limit', value, ...times }, true);
  }

  /** What an operator may send and yet must change nothing of the portal's: a revoke, or a limit under its name. */
  meddle(challenge: string, nowMs: number): Envelope {
    const times = { notBeforeMs: nowMs, expiresMs: nowMs + 30 * MINUTE_MS };
    const latest = this.sent.filter(
      ({ genuine, key, kind }) => genuine && key === 'portal' && kind !== 'revoke',
    );
    const target = latest.at(-1)?.id ?? 'proposal-0';
    const next = this.#nextOrder(challenge);
    if (this.#operator.chance(0.5)) {
      return this.#post({ ...next, kind: 'revoke', value: { id: target }, ...times }, true);
    }
    const value = { watts: this.#operator.whole(9000, 15_000) };
    return this.#post({ ...next, id: target, kind: 'import-limit', value, ...times }, true);
  }

  /** A message that must not act, around the keys: out of its scope, under another name, through another door. */
  forgeKeys(challenge: string, nowMs: number): Envelope {
    const random = this.#operator;
    const times = { notBeforeMs: nowMs - MINUTE_MS, expiresMs: nowMs + 60 * MINUTE_MS };
    const plain = { kind: 'peak-threshold', value: { watts: random.whole(5000, 12_000) }, ...times };
    const limit = { kind: 'import-limit', value: { watts: random.whole(4500, 15_000) }, ...times };
    const ahead = { seq: this.#seqs.portal + 1 };
    const { portal, operator } = this.#keys;
    const next = { ...this.#nextOrder(challenge), ...limit };
    switch (random.whole(0, 4)) {
      case 0: {
        const { kind, value } = random.pick(KINDS.filter((one) => one.kind !== 'import-limit'));
        const door = random.pick<Sender>(['portal', 'operator']);
        return this.#post({ ...next, kind, value: value(random), door }, false, operator);
      }
      case 1:
        return this.#post({ ...next, ...plain, ...ahead, key: 'portal', door: 'portal' }, false, operator);
      case 2:
        return this.#post(next, false, portal);
      case 3:
        return this.#post({ ...next, key: 'neighbour' }, false, operator);
      default:
        return this.#post({ ...next, ...plain, ...ahead, key: 'portal' }, false, portal);
    }
  }

  #next(challenge: string): Pick<Unsigned, 'id' | 'seq' | 'site' | 'challenge' | 'key' | 'door'> {
    this.#seqs.portal += 1;
    const seq = this.#seqs.portal;
    return { id: `proposal-${seq}`, key: 'portal', door: 'portal', seq, site: SITE_ID, challenge };
  }

  #nextOrder(challenge: string): Pick<Unsigned, 'id' | 'seq' | 'site' | 'challenge' | 'key' | 'door'> {
    this.#sentByOperator += 1;
    this.#seqs.operator += this.#operator.chance(0.2) ? this.#operator.whole(1, 1_000_000_000) : 1;
    const seq = this.#seqs.operator;
    const id = `operator-limit-${this.#sentByOperator}`;
    return { id, key: 'operator', door: 'operator', seq, site: SITE_ID, challenge };
  }

  #post(unsigned: Unsigned, genuine: boolean, key = this.#keys[unsigned.door], keep = true): Envelope {
    const { notBeforeMs, expiresMs, door: _, ...rest } = unsigned;
    const message = {
      v: 1,
      ...rest,
      notBefore: new Date(notBeforeMs).toISOString(),
      expires: new Date(expiresMs).toISOString(),
      issuer: 'mara',
      approver: 'otto',
      expectedSaving: null,
    };
    const signature = sign(null, Buffer.from(canonicalJson(message)), key).toString('base64url');
    const envelope = { ...unsigned, text: JSON.stringify({ ...message, signature }), genuine };
    if (keep) this.sent.push(envelope);
    return envelope;
  }

  /** One value changed after it was signed. */
  #tampered(envelope: Envelope): Envelope {
    const message = JSON.parse(envelope.text) as Record<string, unknown>;
    const { value, seq } = this.#random.pick([
      // Another number than the one that was signed, whatever that was.
      { value: { watts: envelope.value.watts === 11_999 ? 11_998 : 11_999 }, seq: envelope.seq },
      { value: envelope.value, seq: envelope.seq + 1000 },
    ]);
    return this.#keep({ ...envelope, value, seq, text: JSON.stringify({ ...message, value, seq }) });
  }

  #garbage(envelope: Envelope): Envelope {
    const cut = envelope.text.slice(0, this.#random.whole(0, envelope.text.length - 1));
    return this.#keep({ ...envelope, text: cut });
  }

  #keep(envelope: Envelope): Envelope {
    this.sent.push(envelope);
    return envelope;
  }
}

function keyFrom(random: Random): KeyObject {
  const seed = Buffer.from(Array.from({ length: 32 }, () => random.whole(0, 255)));
  const key = Buffer.concat([Buffer.from(PKCS8_ED25519, 'hex'), seed]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}
