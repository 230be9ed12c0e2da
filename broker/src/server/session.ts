/**
 * One connection: who it is, what it may do, and the guards that stand between its socket and the MQTT engine.
 *
 * Reading: every chunk passes the frame scanner with the rules of the protocol, and the rate limits, before the
 * parser sees it. Writing: a client that does not take its messages never makes others wait; what it has not taken is
 * counted, and beyond its limit the connection ends.
 */
import type { Duplex } from 'node:stream';
import { type AccessRules, rulesOf } from '../access/acl.ts';
import type { Credential } from '../access/credential.ts';
import { FrameScanner } from './frame-scanner.ts';
import type { BrokerLimits, ClientLimits } from './limits.ts';
import type { Refusal } from './refusals.ts';
import { Subscriptions } from './subscriptions.ts';
import { TokenBucket } from './token-bucket.ts';

export type ListenerKind = 'tcp' | 'tls' | 'ws' | 'wss';

/** A client certificate that the broker's authority has signed. */
export interface PresentedCertificate {
  readonly commonName: string;
  /** SHA-256 of the whole certificate, hexadecimal, lower case. */
  readonly fingerprint: string;
}

const CACHED_TOPICS = 500;

/** CONNACK: unacceptable protocol level [MQTT 3.1.1, table 3.1]. */
const CONNACK_LEVEL = Buffer.from([0x20, 2, 0, 1]);

export class Session {
  readonly conn: Duplex;
  readonly address: string;
  readonly listener: ListenerKind;
  readonly certificate: PresentedCertificate | undefined;
  readonly subscriptions = new Subscriptions();
  credential: Credential | undefined;
  refusal: Refusal | undefined;
  #limits: ClientLimits | undefined;
  #rules: AccessRules | undefined;
  #packets: TokenBucket | undefined;
  #bytes: TokenBucket | undefined;
  readonly #brokerLimits: BrokerLimits;
  readonly #scanner: FrameScanner;
  readonly #onRefused: (session: Session, why: Refusal) => void;
  readonly #publishRights = new Map<string, boolean>();
  readonly #receiveRights = new Map<string, boolean>();
  #earlyBytes = 0;

  constructor(
    conn: Duplex,
    options: {
      readonly address: string;
      readonly listener: ListenerKind;
      readonly certificate?: PresentedCertificate | undefined;
      readonly limits: BrokerLimits;
      readonly onRefused: (session: Session, why: Refusal) => void;
    },
  ) {
    this.conn = conn;
    this.address = options.address;
    this.listener = options.listener;
    this.certificate = options.certificate;
    this.#brokerLimits = options.limits;
    this.#onRefused = options.onRefused;
    this.#scanner = new FrameScanner(options.limits.maxConnectBytes);
    this.#guardReads();
    this.#guardWrites();
  }

  get limits(): ClientLimits | undefined {
    return this.#limits;
  }

  /** From here on the connection speaks for `credential`. */
  open(credential: Credential): void {
    const limits = this.#brokerLimits.byRole[credential.role];
    const nowMs = performance.now();
    this.credential = credential;
    this.#limits = limits;
    this.#rules = rulesOf(credential);
    this.#scanner.maxPacketBytes = limits.maxPacketBytes;
    this.#packets = new TokenBucket(limits.packetsPerS, limits.packetBurst, nowMs);
    this.#bytes = new TokenBucket(limits.bytesPerS, limits.byteBurst, nowMs);
  }

  mayPublish(topic: string, retain: boolean): boolean {
    const rules = this.#rules;
    if (!rules) return false;
    return remembered(this.#publishRights, retain ? `r${topic}` : `-${topic}`, () =>
      rules.mayPublish(topic, retain),
    );
  }

  mayReceive(topic: string): boolean {
    const rules = this.#rules;
    if (!rules) return false;
    return remembered(this.#receiveRights, topic, () => rules.mayReceive(topic));
  }

  maySubscribe(filter: string): boolean {
    return this.#rules?.maySubscribe(filter) ?? false;
  }

  /** Ends the connection; the first reason is the one that counts. */
  refuse(why: Refusal): void {
    if (this.refusal) return;
    this.refusal = why;
    this.#onRefused(this, why);
    const { conn } = this;
    // [MQTT-3.1.2-2]
    if (why === 'protocol-level') conn.end(CONNACK_LEVEL, () => conn.destroy());
    else conn.destroy();
  }

  #guardReads(): void {
    const { conn } = this;
    const read = conn.read.bind(conn);
    conn.read = (sizeBytes?: number) => {
      const chunk: unknown = read(sizeBytes);
      if (chunk === null || this.refusal) return null;
      const problem = Buffer.isBuffer(chunk) ? this.#inspect(chunk) : 'connect-expected';
      if (!problem) return chunk;
      this.refuse(problem);
      return null;
    };
  }

  #inspect(chunk: Uint8Array): Refusal | undefined {
    const before = this.#scanner.packets;
    const problem = this.#scanner.scan(chunk);
    if (problem) return problem;
    if (!this.#packets || !this.#bytes) {
      this.#earlyBytes += chunk.length;
      return this.#earlyBytes > 16 * this.#brokerLimits.maxConnectBytes ? 'early-data' : undefined;
    }
    const nowMs = performance.now();
    const within =
      this.#packets.take(this.#scanner.packets - before, nowMs) && this.#bytes.take(chunk.length, nowMs);
    return within ? undefined : 'rate';
  }

  #guardWrites(): void {
    const { conn } = this;
    const write = conn.write.bind(conn) as (...args: unknown[]) => boolean;
    conn.write = (...args: unknown[]) => {
      if (conn.destroyed) return true;
      write(...args);
      if (conn.writableLength > (this.#limits?.maxUnsentBytes ?? 4_096)) this.refuse('unsent');
      return true;
    };
  }
}

function remembered(cache: Map<string, boolean>, key: string, decide: () => boolean): boolean {
  const known = cache.get(key);
  if (known !== undefined) return known;
  if (cache.size >= CACHED_TOPICS) cache.clear();
  const decided = decide();
  cache.set(key, decided);
  return decided;
}
