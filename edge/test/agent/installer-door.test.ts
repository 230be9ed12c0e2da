import { afterEach, describe, expect, test } from '@jest/globals';
import mqtt, { type MqttClient } from 'mqtt';
import { startAgent } from '../../src/agent.ts';
import { loadConfig } from '../../src/config.ts';
import { BOARD, type HomeBroker, homeBroker, type IdentityId, SECRETS } from '../devices/home-broker.ts';
import { until } from '../devices/modbus-server.ts';
import { SmallHome } from './small-home.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const SITE = 'wattward/v1/site/home-1';

interface Answer {
  readonly path: string;
  readonly transaction: string;
  readonly status: string;
  readonly data?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly remedy: string };
}

/** A connection that says what it likes, as whoever holds the credential could. */
class Holder {
  readonly heard: Answer[] = [];
  readonly #client: MqttClient;
  #isClosed = false;

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on('message', (path, payload) => this.heard.push({ path, ...JSON.parse(payload.toString()) }));
    client.on('close', () => {
      this.#isClosed = true;
    });
  }

  static async of(id: IdentityId, { url }: HomeBroker): Promise<Holder> {
    const identity = { clientId: id, username: id, password: SECRETS[id] };
    const client = await mqtt.connectAsync(url, { protocolVersion: 4, reconnectPeriod: 0, ...identity });
    open.push(() => client.endAsync(true));
    return new Holder(client);
  }

  /** The QoS granted, 128 when refused. */
  async subscribe(filter: string): Promise<number> {
    try {
      const [grant] = await this.#client.subscribeAsync(filter, { qos: 1 });
      return grant?.qos ?? 128;
    } catch {
      return 128;
    }
  }

  /** Asks, and waits until the box has answered or the broker has ended the connection. */
  async ask(topic: string, question: object): Promise<Answer | 'closed'> {
    const transaction = `t-${Math.random().toString(36).slice(2)}`;
    this.#client.publish(topic, JSON.stringify({ v: 1, transaction, ...question }), { qos: 1 });
    const found = () => this.heard.find((answer) => answer.transaction === transaction);
    await until(`an answer on ${topic}`, () => this.#isClosed || found() !== undefined);
    return found() ?? 'closed';
  }
}

async function homeWith(cloud?: HomeBroker): Promise<SmallHome> {
  const home = await SmallHome.open({ speed: 10, cycleMs: 1_000, ...(cloud && { cloudUrl: cloud.url }) });
  open.push(() => home.close());
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const agent = await startAgent({ config: loadConfig(home.configFile), log });
  open.push(() => agent.stop());
  await until('control of the load', () => home.board.isOn(1), 20_000);
  return home;
}

const RELAY_TEST = { action: 'test', board: BOARD, channel: 1 };

describe.each(['one', 'two'] as const)(
  'commissioning, where home bus and cloud bus are %s broker',
  (many) => {
    async function house() {
      const cloud = many === 'two' ? await homeBroker() : undefined;
      if (cloud) open.push(() => cloud.close());
      const home = await homeWith(cloud);
      return { home, cloud: cloud ?? home.broker };
    }

    test.each(['commission', 'identify'])(
      '`request/%s` of the portal is refused and told the way',
      async (verb) => {
        const { cloud } = await house();
        const portal = await Holder.of('portal', cloud);
        await portal.subscribe(`${SITE}/response/+`);
        for (const question of [RELAY_TEST, { action: 'open' }, { action: 'status' }, { board: BOARD }]) {
          expect(await portal.ask(`${SITE}/request/${verb}`, question)).toMatchObject({
            status: 'error',
            error: {
              code: 'installer-only',
              remedy: expect.stringContaining(`${SITE}/installer/${verb}`),
            },
          });
        }
      },
    );

    test('no credential but an installer`s gets through the installer`s door, and nobody else hears what comes out', async () => {
      const { home, cloud } = await house();
      const tablet = await Holder.of('tablet', home.broker);
      await tablet.subscribe(`${SITE}/installer/+/answer`);
      const portal = await Holder.of('portal', cloud);
      for (const filter of ['installer/#', 'installer/commission', 'installer/+/answer', '#']) {
        expect([filter, await portal.subscribe(`${SITE}/${filter}`)]).toEqual([filter, 128]);
      }
      expect(await portal.ask(`${SITE}/installer/commission`, RELAY_TEST)).toBe('closed');
      expect(tablet.heard).toEqual([]);
      expect(await tablet.ask(`${SITE}/installer/commission`, { action: 'status' })).toMatchObject({
        path: `${SITE}/installer/commission/answer`,
        status: 'ok',
        data: { site: 'home-1', job: null },
      });
    });

    test('the installer finds, blinks and reads the settings there, and asks the portal`s questions nowhere', async () => {
      const { home } = await house();
      const tablet = await Holder.of('tablet', home.broker);
      await tablet.subscribe(`${SITE}/installer/+/answer`);
      const asked = (verb: string, question: object) => tablet.ask(`${SITE}/installer/${verb}`, question);
      expect(await asked('identify', { board: BOARD })).toMatchObject({
        status: 'ok',
        data: { board: BOARD },
      });
      expect(await asked('settings', {})).toMatchObject({
        status: 'ok',
        data: { settings: { name: 'Small home' } },
      });
      expect(await asked('scan', {})).toMatchObject({ status: 'error', error: { code: 'not-supported' } });
      expect(await asked('commission', { action: 'bite' })).toMatchObject({
        error: { code: 'bad-question' },
      });
      expect(await tablet.ask(`${SITE}/request/settings`, {})).toBe('closed');
    });
  },
);

test('an installer of the cloud broker is not heard: the door is on the home bus', async () => {
  const cloud = await homeBroker();
  open.push(() => cloud.close());
  const home = await homeWith(cloud);
  const afar = await Holder.of('tablet', cloud);
  await afar.subscribe(`${SITE}/installer/+/answer`);
  void afar.ask(`${SITE}/installer/commission`, { action: 'open', expectedBoards: 7 }).catch(() => {});
  const here = await Holder.of('tablet', home.broker);
  await here.subscribe(`${SITE}/installer/+/answer`);
  expect(await here.ask(`${SITE}/installer/commission`, { action: 'status' })).toMatchObject({
    data: { expectedBoards: null, windowLeftS: 0 },
  });
  expect(afar.heard).toEqual([]);
});
