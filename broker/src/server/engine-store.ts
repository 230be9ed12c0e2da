/** What the engine keeps in, as far as it is looked at here: its own memory store, typed by what it does. */
import type { Readable } from 'node:stream';
import type { Aedes } from 'aedes';

/** A message, or the PUBREL that stands where a message of QoS 2 stood. */
export interface StoredPacket {
  readonly cmd?: string;
  readonly topic: string;
  readonly payload: Buffer | string;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly dup?: boolean;
  readonly clientId?: string;
  /** Set once the message has been sent. */
  readonly messageId?: number;
}

export interface StoredSubscription {
  readonly topic: string;
  readonly qos: number;
}

/** A client, by its identity. */
export interface Owner {
  readonly id: string;
}

export interface QueueOwner {
  readonly clientId: string;
}

export interface EngineStore {
  storeRetained(packet: StoredPacket): Promise<void>;
  createRetainedStreamCombi(filters: readonly string[]): Readable;
  addSubscriptions(owner: Owner, subscriptions: readonly StoredSubscription[]): Promise<void>;
  subscriptionsByClient(owner: Owner): Promise<readonly StoredSubscription[]>;
  cleanSubscriptions(owner: Owner): Promise<void>;
  outgoingEnqueue(owner: QueueOwner, packet: StoredPacket): Promise<void>;
  outgoingEnqueueCombi(owners: readonly QueueOwner[], packet: StoredPacket): Promise<void>;
  outgoingUpdate(owner: Owner, packet: StoredPacket): Promise<void>;
  outgoingClearMessageId(owner: Owner, packet: StoredPacket): Promise<StoredPacket | undefined>;
  outgoingStream(owner: Owner): Readable;
  streamWill(): Readable;
}

/** The store of an engine that listens already. */
export function storeOf(engine: Aedes): EngineStore {
  return (engine as Aedes & { readonly persistence: EngineStore }).persistence;
}
