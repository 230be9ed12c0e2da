/**
 * Kept sessions as MQTT 3.1.1 wants them, where the engine and its store do otherwise.
 *
 * - A session is present once it was kept, also without subscriptions [MQTT-3.2.2-2]; the engine looks for
 *   subscriptions only, so it is given one that nobody grants.
 * - Only granted filters are kept; the engine keeps all of a SUBSCRIBE of which one was granted.
 * - A message that was not kept is sent all the same; the engine ends the subscriber for it.
 * - What is sent again says so [MQTT-3.3.1-1].
 * - What lies in the store and cannot be written to a client is passed over: a message stored before the door looked
 *   for forbidden packets would end every subscriber that it goes to.
 */
import { Readable } from 'node:stream';
import type { Aedes } from 'aedes';
import { type EngineStore, type StoredPacket, type StoredSubscription, storeOf } from './engine-store.ts';
import { topicProblem } from './packet-text.ts';

/** Stands for the subscriptions of a kept session that has none; to be refused when the engine asks for it. */
export const NO_SUBSCRIPTION: StoredSubscription = { topic: '$none', qos: 0 };

/** @param isSubscribed whether a client that is connected has been granted this filter */
export function keepSessions(engine: Aedes, isSubscribed: (id: string, filter: string) => boolean): void {
  const store = storeOf(engine);
  const inner = boundMethods(store);
  const kept = new Set<string>();
  // Asked once for each CONNECT without clean session.
  store.subscriptionsByClient = async (owner) => {
    const subscriptions = await inner.subscriptionsByClient(owner);
    const present = kept.has(owner.id);
    kept.add(owner.id);
    return present && subscriptions.length === 0 ? [NO_SUBSCRIPTION] : subscriptions;
  };
  store.cleanSubscriptions = (owner) => {
    kept.delete(owner.id);
    return inner.cleanSubscriptions(owner);
  };
  store.addSubscriptions = (owner, subscriptions) =>
    inner.addSubscriptions(
      owner,
      subscriptions.filter(({ topic }) => isSubscribed(owner.id, topic)),
    );
  store.outgoingUpdate = async (owner, packet) => {
    try {
      await inner.outgoingUpdate(owner, packet);
    } catch {
      // Nothing is kept that could be updated: beyond a bound, or a retained message on subscribing.
    }
  };
  store.createRetainedStreamCombi = (filters) =>
    Readable.from(writable(inner.createRetainedStreamCombi(filters)));
  store.outgoingStream = (owner) => Readable.from(again(writable(inner.outgoingStream(owner))));
}

function boundMethods(store: EngineStore) {
  return {
    subscriptionsByClient: store.subscriptionsByClient.bind(store),
    cleanSubscriptions: store.cleanSubscriptions.bind(store),
    addSubscriptions: store.addSubscriptions.bind(store),
    outgoingUpdate: store.outgoingUpdate.bind(store),
    createRetainedStreamCombi: store.createRetainedStreamCombi.bind(store),
    outgoingStream: store.outgoingStream.bind(store),
  };
}

async function* writable(packets: AsyncIterable<StoredPacket>): AsyncGenerator<StoredPacket> {
  for await (const packet of packets) if (canBeWritten(packet)) yield packet;
}

async function* again(packets: AsyncIterable<StoredPacket>): AsyncGenerator<StoredPacket> {
  for await (const packet of packets) {
    const sentBefore = packet.cmd === 'publish' && packet.messageId !== undefined;
    yield sentBefore ? { ...packet, dup: true } : packet;
  }
}

function canBeWritten({ cmd, topic, qos, payload }: StoredPacket): boolean {
  if (cmd === 'pubrel') return true;
  const qosKnown = qos === undefined || qos === 0 || qos === 1 || qos === 2;
  const named = typeof topic === 'string' && topicProblem(Buffer.from(topic)) === undefined;
  return qosKnown && named && (typeof payload === 'string' || Buffer.isBuffer(payload));
}
