/**
 * The MQTT engine (aedes) with every door of it closed: who connects, publishes, subscribes and receives is asked
 * here, and nothing is open before that.
 */
import type { Duplex } from 'node:stream';
import {
  Aedes,
  type AuthenticateError,
  type Client,
  type ConnectPacket,
  type PublishPacket,
  type Subscription,
} from 'aedes';
import { rulesOf } from '../access/acl.ts';
import { hashSecret } from '../access/credential.ts';
import type { CredentialStore } from '../access/credential-store.ts';
import { parseMessage } from '../wire/message.ts';
import { parseTopic } from '../wire/topics.ts';
import { Authenticator, type ConnectAnswer } from './authenticator.ts';
import { BoundedStore } from './bounded-store.ts';
import type { BrokerLimits } from './limits.ts';
import type { BrokerMonitor } from './monitor.ts';
import { REFUSALS, type Refusal } from './refusals.ts';
import type { Session } from './session.ts';
import { keepSessions, NO_SUBSCRIPTION } from './session-store.ts';
import type { Qos } from './subscriptions.ts';

export class Engine {
  readonly #aedes: Aedes;
  readonly #authenticator: Authenticator;
  readonly #store: CredentialStore;
  readonly #monitor: BrokerMonitor;
  readonly #limits: BrokerLimits;
  readonly #sessions = new WeakMap<Duplex, Session>();
  readonly #connects = new WeakMap<Session, ConnectPacket>();
  readonly #openById = new Map<string, Session>();
  readonly #identified = new WeakMap<Session, () => void>();
  #kept: BoundedStore | undefined;

  private constructor(store: CredentialStore, limits: BrokerLimits, monitor: BrokerMonitor) {
    this.#store = store;
    this.#monitor = monitor;
    this.#limits = limits;
    this.#authenticator = new Authenticator(store, limits);
    this.#aedes = new Aedes({
      // Admission ends silent connections; this is the second line.
      connectTimeout: limits.connectTimeoutMs + 1_000,
      maxTopicLevels: limits.maxTopicLevels,
      maxInflightInbound: 20,
      concurrency: 1_000,
      preConnect: (client, packet, done) => this.#preConnect(client, packet, done),
      authenticate: (client, username, password, done) => {
        const answer = this.#authenticate(client, username, password);
        if (answer.ok) done(null, true);
        else done(authenticateError(answer), null);
      },
      authorizePublish: (client, packet, done) => done(this.#publishProblem(client, packet)),
      // At the engine's highest QoS; `forwarded` brings it down to what was granted.
      authorizeSubscribe: (client, subscription, done) =>
        done(
          null,
          subscription !== NO_SUBSCRIPTION && this.#maySubscribe(client, subscription)
            ? { ...subscription, qos: 2 }
            : null,
        ),
      authorizeForward: (client, packet) => this.#forwarded(client, packet),
    });
    this.#aedes.on('unsubscribe', (filters, client) => {
      const session = this.#sessionOf(client);
      for (const filter of filters) session?.subscriptions.delete(filter);
    });
    this.#aedes.on('clientError', (client, error) => this.#logEnd(client, error));
    this.#aedes.on('connectionError', (client, error) => this.#logEnd(client, error));
    this.#aedes.on('publish', (packet, client) => {
      if (!client) return;
      monitor.published(this.#sessionOf(client)?.credential?.role, packet.payload.length);
      if (packet.topic.endsWith('/credential')) this.#handOverSecret(packet.topic, packet.payload.toString());
    });
  }

  static async start(store: CredentialStore, limits: BrokerLimits, monitor: BrokerMonitor): Promise<Engine> {
    const engine = new Engine(store, limits, monitor);
    await engine.#aedes.listen();
    keepSessions(engine.#aedes, (id, filter) => engine.#openById.get(id)?.subscriptions.has(filter) ?? false);
    engine.#kept = new BoundedStore(engine.#aedes, limits, {
      limitsOf: (id) => {
        const role = store.get(id)?.role;
        return role && limits.byRole[role];
      },
      mayReceive: (id, topic) => {
        const credential = store.get(id);
        return credential !== undefined && rulesOf(credential).mayReceive(topic);
      },
    });
    store.follow(
      (ids) => engine.#endChanged(ids),
      (error) => monitor.log.error({ err: error }, 'credentials could not be read, the earlier ones stay'),
    );
    return engine;
  }

  get clients(): number {
    return this.#openById.size;
  }

  /** What the broker keeps for others: retained and queued messages. */
  get kept(): BoundedStore | undefined {
    return this.#kept;
  }

  /** Takes over a connection whose guards are in place; `identified` is called once it has proved who it is. */
  handle(session: Session, identified: () => void): void {
    this.#sessions.set(session.conn, session);
    this.#identified.set(session, identified);
    session.conn.once('close', () => {
      const { credential } = session;
      if (credential && this.#openById.get(credential.id) === session) this.#openById.delete(credential.id);
    });
    this.#aedes.handle(session.conn);
  }

  async close(): Promise<void> {
    this.#store.close();
    await new Promise<void>((resolve) => {
      this.#aedes.close(resolve);
    });
  }

  #preConnect(client: Client, packet: ConnectPacket, done: (error: Error | null, ok: boolean) => void): void {
    const session = this.#sessionOf(client);
    if (!session) {
      done(new Error('a connection without guards'), false);
      return;
    }
    this.#connects.set(session, packet);
    const role = this.#store.get(packet.username ?? session.certificate?.commonName ?? '')?.role;
    // What was queued for a device while it was away is stale by then: it starts clean, whatever it asks for.
    if (!role || this.#limits.byRole[role].maxQueuedMessages === 0) packet.clean = true;
    // The engine ends a client after 1.5 times its keep-alive [MQTT-3.1.2-24]; one of 0 is watched by TCP only.
    packet.keepalive = Math.min(packet.keepalive ?? 0, this.#limits.maxSilenceS / 1.5);
    done(null, true);
  }

  #authenticate(client: Client, username?: string, password?: Buffer): ConnectAnswer {
    const session = this.#sessionOf(client);
    const packet = session && this.#connects.get(session);
    if (!session || !packet) return { ok: false, why: 'bad-credential', returnCode: 5 };
    const answer = this.#authenticator.answer(session, {
      clientId: packet.clientId,
      username,
      password: password?.toString('utf8'),
      will: packet.will ? { topic: packet.will.topic, retain: packet.will.retain ?? false } : undefined,
    });
    this.#connects.delete(session);
    if (!answer.ok) {
      session.refusal = answer.why;
      this.#noteRefused(session, packet, answer.why);
      return answer;
    }
    const { id } = answer.credential;
    this.#openById.get(id)?.refuse('taken-over');
    this.#openById.set(id, session);
    session.open(answer.credential);
    this.#identified.get(session)?.();
    return answer;
  }

  #publishProblem(client: Client | null, packet: PublishPacket): Error | null {
    const session = client && this.#sessionOf(client);
    if (session?.mayPublish(packet.topic, packet.retain) && session.refusal !== 'credential-changed') {
      (packet as PublishPacket & { clientId?: string }).clientId = client?.id ?? '';
      // Whether it came a second time concerns its sender only [MQTT-3.3.1-3].
      packet.dup = false;
      return null;
    }
    if (session) {
      session.refusal ??= 'publish-denied';
      this.#monitor.denied('publish', session, packet.topic);
    }
    return new Error(`publishing ${packet.retain ? 'retained ' : ''}on ${packet.topic.slice(0, 200)} denied`);
  }

  #maySubscribe(client: Client, { topic: filter, qos }: Subscription): boolean {
    const session = this.#sessionOf(client);
    if (!session?.limits) return false;
    const known = session.subscriptions.has(filter);
    const room = known || session.subscriptions.size < session.limits.maxSubscriptions;
    if (room && session.maySubscribe(filter)) {
      session.subscriptions.add(filter, qos);
      return true;
    }
    this.#monitor.denied('subscribe', session, filter);
    return false;
  }

  /** A message on its way to a client, at the QoS that the client was granted for its topic; null when it may not. */
  #forwarded<Packet extends PublishPacket>(client: Client, packet: Packet): Packet | null {
    const session = this.#sessionOf(client);
    if (!session?.mayReceive(packet.topic)) return null;
    if (packet.qos === 0) return packet;
    const granted = session.subscriptions.grantedQos(packet.topic) ?? packet.qos;
    // What was queued for an absent client has its identifier and waits for an acknowledgement, so 0 is too little.
    const lowest = packet.messageId === undefined ? 0 : 1;
    packet.qos = Math.min(packet.qos, Math.max(granted, lowest)) as Qos;
    return packet;
  }

  /** A refused CONNECT. The device learns no more than the return code; whoever runs the broker learns the rest. */
  #noteRefused(session: Session, packet: ConnectPacket, why: Refusal): void {
    const claimed = packet.username ?? session.certificate?.commonName ?? '';
    const sent = why === 'foreign-client-id' ? packet.clientId : packet.will?.topic;
    this.#monitor.refused(why, {
      address: session.address,
      ...(this.#store.get(claimed) ? { id: claimed } : {}),
      ...(sent !== undefined && why !== 'bad-credential' ? { sent } : {}),
    });
  }

  /** Ends the connections of changed identities; of those that are gone, nothing stays behind either. */
  #endChanged(ids: readonly string[]): void {
    for (const id of ids) {
      this.#openById.get(id)?.refuse('credential-changed');
      if (this.#store.get(id)) continue;
      this.#monitor.forget(id);
      for (const topic of this.#kept?.retainedBy(id) ?? []) this.#clearRetained(topic);
      this.#kept?.dropSession(id).catch((error: unknown) => {
        this.#monitor.log.error({ err: error, id }, 'the session of a revoked identity could not be dropped');
      });
    }
  }

  #clearRetained(topic: string): void {
    const packet = {
      cmd: 'publish',
      topic,
      payload: Buffer.alloc(0),
      qos: 1,
      retain: true,
      dup: false,
    } as const;
    this.#aedes.publish(packet, (error) => {
      if (error) this.#monitor.log.error({ err: error, topic }, 'a retained message could not be cleared');
    });
  }

  /** A claim: the box has just sent a board its own secret, which from now on opens the board's identity. */
  #handOverSecret(path: string, payload: string): void {
    const topic = parseTopic(path);
    const parsed = parseMessage('boardCredential', payload);
    if (topic?.name !== 'boardCredential' || !parsed.ok || parsed.message.board !== topic.ids.boardId) return;
    const { board, secret } = parsed.message;
    this.#store.handOver(board, hashSecret(secret));
    this.#monitor.log.info({ id: board }, 'a new secret was handed to a board');
  }

  #sessionOf(client: Client): Session | undefined {
    return this.#sessions.get(client.conn);
  }

  #logEnd(client: Client, error: Error): void {
    const session = this.#sessionOf(client);
    if (session) this.#monitor.ended(session, error.message);
  }
}

function authenticateError(answer: Extract<ConnectAnswer, { ok: false }>): AuthenticateError {
  return Object.assign(new Error(REFUSALS[answer.why]), { returnCode: answer.returnCode });
}
