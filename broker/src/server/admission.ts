/**
 * Who gets as far as being listened to: connections in all, those that have not said who they are, and how fast new
 * ones come from one address. Strangers can use up only the places set aside for strangers; whoever is already in
 * does not notice them.
 */
import type { Socket } from 'node:net';
import type { BrokerLimits } from './limits.ts';
import type { Refusal } from './refusals.ts';
import { TokenBucket } from './token-bucket.ts';

/** A place at the broker, held until the connection has closed. */
export interface Ticket {
  readonly address: string;
  /** The connection has proved who it is; its place among the strangers is free again. */
  identified(): void;
}

const MAX_KNOWN_ADDRESSES = 10_000;

export class Admission {
  readonly #limits: BrokerLimits;
  readonly #onRefused: (why: Refusal, address: string) => void;
  readonly #sockets = new Set<Socket>();
  readonly #pendingByAddress = new Map<string, number>();
  readonly #rateByAddress = new Map<string, TokenBucket>();
  #pending = 0;

  constructor(limits: BrokerLimits, onRefused: (why: Refusal, address: string) => void) {
    this.#limits = limits;
    this.#onRefused = onRefused;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  get pending(): number {
    return this.#pending;
  }

  /** A place for a fresh socket; undefined when there is none, and then the socket is already destroyed. */
  admit(socket: Socket): Ticket | undefined {
    const address = addressOf(socket);
    const why = this.#whyNot(address);
    if (why) {
      socket.on('error', () => {});
      socket.destroy();
      this.#onRefused(why, address);
      return undefined;
    }
    this.#sockets.add(socket);
    this.#count(address, 1);
    let pending = true;
    const identified = () => {
      if (!pending) return;
      pending = false;
      clearTimeout(timer);
      this.#count(address, -1);
    };
    const timer = setTimeout(() => {
      this.#onRefused('connect-timeout', address);
      socket.destroy();
    }, this.#limits.connectTimeoutMs);
    socket.once('close', () => {
      identified();
      this.#sockets.delete(socket);
    });
    // A socket may fail before anybody else listens; its end is dealt with by 'close'.
    socket.on('error', () => {});
    return { address, identified };
  }

  closeAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #whyNot(address: string): Refusal | undefined {
    const limits = this.#limits;
    if (address === '') return 'too-many-pending';
    if (!this.#rate(address).take(1, performance.now())) return 'connection-rate';
    if (this.#sockets.size >= limits.maxConnections) return 'too-many-connections';
    if (this.#pending >= limits.maxPendingConnections) return 'too-many-pending';
    const pendingHere = this.#pendingByAddress.get(address) ?? 0;
    return pendingHere >= limits.maxPendingPerAddress ? 'too-many-pending' : undefined;
  }

  #rate(address: string): TokenBucket {
    let bucket = this.#rateByAddress.get(address);
    if (!bucket) {
      if (this.#rateByAddress.size >= MAX_KNOWN_ADDRESSES) this.#forgetQuietAddresses();
      bucket = new TokenBucket(
        this.#limits.connectionsPerSPerAddress,
        this.#limits.connectionBurstPerAddress,
        performance.now(),
      );
      this.#rateByAddress.set(address, bucket);
    }
    return bucket;
  }

  #forgetQuietAddresses(): void {
    const nowMs = performance.now();
    for (const [address, bucket] of this.#rateByAddress) {
      if (bucket.isFull(nowMs)) this.#rateByAddress.delete(address);
    }
    if (this.#rateByAddress.size >= MAX_KNOWN_ADDRESSES) this.#rateByAddress.clear();
  }

  #count(address: string, change: 1 | -1): void {
    this.#pending += change;
    const here = (this.#pendingByAddress.get(address) ?? 0) + change;
    if (here > 0) this.#pendingByAddress.set(address, here);
    else this.#pendingByAddress.delete(address);
  }
}

/** The peer's address without the prefix of IPv4 in IPv6; empty when the socket is closed already. */
function addressOf(socket: Socket): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/, '');
}
