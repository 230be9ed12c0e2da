/** The portal's one MQTT client: words of the sites into the hub, set-points and acknowledgements out. */
import { encodeMessage, type Message, parseMessage } from '@wattward/broker/wire/message';
import { type Ids, parseTopic, TOPICS, type TopicName, topic } from '@wattward/broker/wire/topics';
import { connect, type MqttClient } from 'mqtt';
import { log } from '../problems/log.ts';
import { isProblem, ProblemError } from '../problems/problem.ts';
import type { LiveHub } from './hub.ts';

const PUBLISH_TIMEOUT_MS = 5000;
const SUBSCRIPTIONS = [
  'siteState',
  'siteDescription',
  'siteAvailability',
  'siteSetpointAck',
  'siteEvent',
] as const satisfies readonly TopicName[];

export interface BrokerLink {
  readonly connected: boolean;
  /** @throws ProblemError `not-connected` when the broker does not take it within 5 s. */
  publish<N extends TopicName>(name: N, ids: Ids, message: Message<N>): Promise<void>;
  close(): Promise<void>;
}

export interface BrokerAccess {
  readonly url: string;
  readonly id: string;
  readonly secret: string;
}

/** Connects, and tries again a second after each failure for as long as the process lives. */
export function linkToBroker(access: BrokerAccess, hub: LiveHub): BrokerLink {
  const client = connect(access.url, {
    protocolVersion: 4,
    clientId: access.id,
    username: access.id,
    password: access.secret,
    clean: true,
    keepalive: 15,
    connectTimeout: 5000,
    reconnectPeriod: 1000,
    queueQoSZero: false,
    resubscribe: false,
  });
  client.on('connect', () => subscribe(client));
  client.on('error', (error) => log.warn('broker connection', { problem: error.message, url: access.url }));
  client.on('message', (path, payload) => take(hub, path, payload.toString('utf8')));
  const ticker = setInterval(() => hub.tick(), 1000);
  ticker.unref();
  return {
    get connected() {
      return client.connected;
    },
    publish: (name, ids, message) => publish(client, name, ids, encodeMessage(name, message)),
    async close() {
      clearInterval(ticker);
      await client.endAsync(true);
    },
  };
}

function subscribe(client: MqttClient): void {
  for (const name of SUBSCRIPTIONS) {
    const { qos } = TOPICS[name];
    client.subscribe(topic(name), { qos }, (error, grants) => {
      const refused = grants?.some((grant) => grant.qos > 2);
      if (error || refused) log.error('subscription refused', { topic: topic(name) });
    });
  }
}

function take(hub: LiveHub, path: string, payload: string): void {
  const found = parseTopic(path);
  const site = found?.ids.siteId;
  if (!found || !site) return;
  const read = <N extends TopicName>(name: N, use: (message: Message<N>) => void): void => {
    if (name !== found.name) return;
    const parsed = parseMessage(name, payload);
    if (parsed.ok) use(parsed.message);
    else log.warn('unreadable message', { topic: path, problem: parsed.problem });
  };
  read('siteState', (state) => hub.takeState(site, state));
  read('siteDescription', (description) => hub.takeDescription(site, description));
  read('siteAvailability', (availability) => hub.takeAvailability(site, availability));
  read('siteSetpointAck', (ack) => hub.takeAck(site, ack));
  read('siteEvent', (event) => hub.takeEvent(site, event));
}

async function publish(client: MqttClient, name: TopicName, ids: Ids, payload: string): Promise<void> {
  if (!client.connected) throw new ProblemError('not-connected');
  const { qos, retain } = TOPICS[name];
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new ProblemError('not-connected')), PUBLISH_TIMEOUT_MS);
  });
  try {
    await Promise.race([client.publishAsync(topic(name, ids), payload, { qos, retain }), late]);
  } catch (cause) {
    if (isProblem(cause)) throw cause;
    throw new ProblemError('not-connected', undefined, { cause });
  } finally {
    clearTimeout(timer);
  }
}
