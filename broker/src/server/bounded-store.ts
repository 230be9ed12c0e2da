/**
 * Bounds on what the engine keeps: retained messages and messages for clients that are away.
 *
 * The engine's own memory store keeps whatever it is given, for ever. This stands in front of it: each identity may
 * retain so many topics, all together so many bytes, and each absent client is kept so many messages. A message
 * beyond the bound still reaches those who listen now; it is only not kept, and what stood in its place is dropped
 * rather than left to be believed later.
 *
 * It also ends the engine's sweep for orphaned wills: with one broker there are none, and after a jump of the wall
 * clock it would tell the last will of clients that are alive and well.
 */
import { Readable } from 'node:stream';
import type { Aedes } from 'aedes';
import { type EngineStore, type Owner, type QueueOwner, type StoredPacket, storeOf } from './engine-store.ts';
import type { BrokerLimits } from './limits.ts';

/** How much one identity may have kept for it; nothing for an unknown one. */
export interface KeepLimits {
  readonly maxRetainedTopics: number;
  readonly maxQueuedMessages: number;
}

interface Retained {
  readonly owner: string;
  readonly bytes: number;
}

/** What is known of identities. */
export interface Keepers {
  readonly limitsOf: (id: string) => KeepLimits | undefined;
  readonly mayReceive: (id: string, topic: string) => boolean;
}

type Inner = Pick<
  EngineStore,
  | 'storeRetained'
  | 'outgoingEnqueueCombi'
  | 'outgoingClearMessageId'
  | 'outgoingStream'
  | 'cleanSubscriptions'
>;

/** What a kept message costs beside its topic and payload. */
const OVERHEAD_BYTES = 256;

export class BoundedStore {
  readonly #store: Inner;
  readonly #limits: BrokerLimits;
  readonly #keepers: Keepers;
  readonly #retained = new Map<string, Retained>();
  readonly #retainedByOwner = new Map<string, number>();
  readonly #queuedById = new Map<string, { messages: number; bytes: number }>();
  #retainedBytes = 0;
  #queuedBytes = 0;
  /** Messages not kept because a bound was reached. */
  notRetained = 0;
  notQueued = 0;

  /** Takes the place of the store of an engine that listens already. */
  constructor(engine: Aedes, limits: BrokerLimits, keepers: Keepers) {
    const store = storeOf(engine);
    this.#limits = limits;
    this.#keepers = keepers;
    this.#store = {
      storeRetained: store.storeRetained.bind(store),
      outgoingEnqueueCombi: store.outgoingEnqueueCombi.bind(store),
      outgoingClearMessageId: store.outgoingClearMessageId.bind(store),
      outgoingStream: store.outgoingStream.bind(store),
      cleanSubscriptions: store.cleanSubscriptions.bind(store),
    };
    store.storeRetained = (packet) => this.#storeRetained(packet);
    store.outgoingEnqueueCombi = (owners, packet) => this.#enqueue(owners, packet);
    store.outgoingEnqueue = (owner, packet) => this.#enqueue([owner], packet);
    store.outgoingClearMessageId = (client, packet) => this.#clear(client, packet);
    store.streamWill = () => Readable.from([]);
  }

  get retainedTopics(): number {
    return this.#retained.size;
  }

  get retainedBytes(): number {
    return this.#retainedBytes;
  }

  get queuedBytes(): number {
    return this.#queuedBytes;
  }

  /** Topics that `id` has retained. */
  retainedBy(id: string): string[] {
    return [...this.#retained].filter(([, { owner }]) => owner === id).map(([topic]) => topic);
  }

  /** Forgets the session of `id`: its subscriptions and what was queued for it. */
  async dropSession(id: string): Promise<void> {
    await this.#store.cleanSubscriptions({ id });
    for await (const packet of this.#store.outgoingStream({ id })) await this.#take({ id }, packet);
  }

  async #storeRetained(packet: StoredPacket): Promise<void> {
    const before = this.#retained.get(packet.topic);
    if (before) this.#forgetRetained(packet.topic, before);
    if (packet.payload.length > 0) {
      const owner = packet.clientId ?? '';
      const bytes = costBytes(packet);
      if (!this.#hasRoom(owner, bytes)) {
        this.notRetained += 1;
        await this.#store.storeRetained({ ...packet, payload: Buffer.alloc(0) });
        return;
      }
      this.#retained.set(packet.topic, { owner, bytes });
      this.#retainedByOwner.set(owner, (this.#retainedByOwner.get(owner) ?? 0) + 1);
      this.#retainedBytes += bytes;
    }
    await this.#store.storeRetained(packet);
  }

  #hasRoom(owner: string, bytes: number): boolean {
    const own = this.#keepers.limitsOf(owner)?.maxRetainedTopics ?? 0;
    return (
      (this.#retainedByOwner.get(owner) ?? 0) < own &&
      this.#retained.size < this.#limits.maxRetainedTopics &&
      this.#retainedBytes + bytes <= this.#limits.maxRetainedBytes
    );
  }

  #forgetRetained(topic: string, { owner, bytes }: Retained): void {
    this.#retained.delete(topic);
    this.#retainedBytes -= bytes;
    const left = (this.#retainedByOwner.get(owner) ?? 1) - 1;
    if (left > 0) this.#retainedByOwner.set(owner, left);
    else this.#retainedByOwner.delete(owner);
  }

  async #enqueue(owners: readonly QueueOwner[], packet: StoredPacket): Promise<void> {
    if (owners.length === 0) return;
    const bytes = costBytes(packet);
    // One message each, also to those that several filters of theirs match.
    const clientIds = new Set(owners.map(({ clientId }) => clientId));
    const admitted = [...clientIds].filter((clientId) => {
      if (!this.#keepers.mayReceive(clientId, packet.topic)) return false;
      const queue = this.#queuedById.get(clientId) ?? { messages: 0, bytes: 0 };
      const room =
        queue.messages < (this.#keepers.limitsOf(clientId)?.maxQueuedMessages ?? 0) &&
        this.#queuedBytes + bytes <= this.#limits.maxQueuedBytes;
      if (!room) {
        this.notQueued += 1;
        return false;
      }
      queue.messages += 1;
      queue.bytes += bytes;
      this.#queuedById.set(clientId, queue);
      this.#queuedBytes += bytes;
      return true;
    });
    await this.#store.outgoingEnqueueCombi(
      admitted.map((clientId) => ({ clientId })),
      packet,
    );
  }

  async #clear(client: Owner, packet: StoredPacket): Promise<StoredPacket | undefined> {
    // The engine asks for this where it passes a message over that came by another filter before. It has no identifier
    // then, and any that waits to be sent would be taken for it.
    return packet.messageId === undefined ? undefined : this.#take(client, packet);
  }

  async #take(client: Owner, packet: StoredPacket): Promise<StoredPacket | undefined> {
    const cleared = await this.#store.outgoingClearMessageId(client, packet);
    const queue = cleared && this.#queuedById.get(client.id);
    if (!queue) return cleared;
    queue.messages -= 1;
    // A PUBREL may stand where its message stood, without its bytes; they are given back with the last one.
    const bytes = queue.messages === 0 ? queue.bytes : Math.min(queue.bytes, costBytes(cleared));
    queue.bytes -= bytes;
    this.#queuedBytes -= bytes;
    if (queue.messages === 0) this.#queuedById.delete(client.id);
    return cleared;
  }
}

function costBytes({ topic, payload }: StoredPacket): number {
  return (topic ?? '').length + (payload ?? '').length + OVERHEAD_BYTES;
}
