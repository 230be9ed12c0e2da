import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import type { SetpointAck } from '@wattward/broker/wire/setpoint';
import type { SiteDescription } from '@wattward/broker/wire/site';
import { topic } from '@wattward/broker/wire/topics';
import mqtt from 'mqtt';
import { type Agent, startAgent } from '../../src/agent.ts';
import { loadConfig } from '../../src/config.ts';
import { SECRETS } from '../devices/home-broker.ts';
import { until } from '../devices/modbus-server.ts';
import { type Draft, pen, signed, strangersPen } from '../setpoint/signed-setpoints.ts';
import { gridReading, SmallHome } from './small-home.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** When the small home's site time begins. */
const SITE_START_MS = Date.UTC(2026, 0, 14, 12);
const HOUR_MS = 3_600_000;

interface Desk {
  readonly home: SmallHome;
  agent: Agent;
  readonly acks: SetpointAck[];
  readonly descriptions: SiteDescription[];
  send(change: Partial<Draft>, key?: typeof pen.privateKey): Promise<string>;
  sendText(text: string): Promise<void>;
}

async function boxIn(home: SmallHome): Promise<Agent> {
  const agent = await startAgent({
    config: loadConfig(home.configFile),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  open.push(() => agent.stop());
  return agent;
}

async function desk(): Promise<Desk> {
  const home = await SmallHome.open({ speed: 10, cycleMs: 1_000 });
  open.push(() => home.close());
  writeFileSync(
    path.join(home.dir, 'setpoint-key.pub'),
    pen.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  );
  const bus = home.broker.bus('portal');
  const acks: SetpointAck[] = [];
  const descriptions: SiteDescription[] = [];
  bus.subscribe('siteSetpointAck', {}, ({ message }) => acks.push(message));
  bus.subscribe('siteDescription', {}, ({ message }) => descriptions.push(message));
  bus.start();
  open.push(() => bus.end());
  await until('the portal', () => bus.online);
  const agent = await boxIn(home);
  await until('the description', () => descriptions.length > 0);
  // The portal's own words, sent as they are: the bus of the box would refuse to send nonsense.
  const sendText = async (text: string) => {
    await bus.end();
    const raw = await mqtt.connectAsync(home.broker.url, {
      protocolVersion: 4,
      clientId: 'portal',
      username: 'portal',
      password: SECRETS.portal,
      reconnectPeriod: 0,
    });
    open.push(() => raw.endAsync(true));
    raw.on('message', (_, payload) => acks.push(JSON.parse(payload.toString())));
    await raw.subscribeAsync(topic('siteSetpointAck', { siteId: 'home-1' }), { qos: 1 });
    await raw.publishAsync(topic('siteSetpoint', { siteId: 'home-1' }), text, { qos: 1 });
  };
  const send = async (change: Partial<Draft>, key = pen.privateKey) => {
    const text = signed(
      {
        challenge: descriptions.at(-1)?.challenge ?? '',
        notBefore: new Date(SITE_START_MS - HOUR_MS).toISOString(),
        expires: new Date(SITE_START_MS + HOUR_MS).toISOString(),
        ...change,
      },
      key,
    );
    await bus.publish('siteSetpoint', { siteId: 'home-1' }, JSON.parse(text));
    return text;
  };
  return { home, agent, acks, descriptions, send, sendText };
}

const statuses = (acks: readonly SetpointAck[]) => acks.map(({ status, why }) => why ?? status);

describe('set-points at the box', () => {
  test('an approved threshold holds at once: the box sheds at it, and tells who waits', async () => {
    const { home, agent, acks, descriptions, send } = await desk();
    await until('the load on', () => home.board.isOn(1), 20_000);
    home.drawsFromGrid(gridReading(8_000));
    await send({ id: 'proposal-7', seq: 1, value: { watts: 7_000 } });
    await until('active', () => acks.some(({ status }) => status === 'active'));
    expect(statuses(acks)).toEqual(['accepted', 'active']);
    await until('the shed', () => !home.board.isOn(1), 20_000);
    expect(agent.picture()?.decision).toMatchObject({ homeMode: 'peak', demand: { thresholdW: 7_000 } });
    await until('the new description', () => descriptions.at(-1)?.setpointSeqs.portal === 1);
  });

  test.each([
    ['by a stranger`s key', {}, 'bad-signature', strangersPen.privateKey],
    ['outside the bounds', { value: { watts: 20_000 } }, 'out-of-bounds', undefined],
    ['of another start of the box', { challenge: 'yesterday' }, 'stale-challenge', undefined],
    ['for another home', { site: 'home-2' }, 'foreign-site', undefined],
    ['that has expired', { expires: new Date(SITE_START_MS - 1).toISOString() }, 'expired', undefined],
  ])('one %s is refused and changes nothing', async (_, change, why, key) => {
    const { agent, acks, send } = await desk();
    await send({ id: 'proposal-7', seq: 1, ...change }, key);
    await until('the answer', () => acks.length > 0);
    expect(acks[0]).toMatchObject({ status: 'refused', why });
    await until('a picture', () => agent.picture() !== null);
    expect(agent.picture()?.core.peak.thresholdW).toBe(9_000);
  });

  test('one played back is refused, and one that is nonsense too', async () => {
    const { acks, send, sendText } = await desk();
    const text = await send({ id: 'proposal-7', seq: 5 });
    await until('active', () => acks.some(({ status }) => status === 'active'));
    await sendText(text);
    await until('the refusal', () => statuses(acks).includes('replayed'));
  });

  test('it holds over a restart of the box', async () => {
    const bench = await desk();
    await bench.send({ id: 'proposal-7', seq: 1, value: { watts: 7_500 } });
    await until('active', () => bench.acks.some(({ status }) => status === 'active'));
    await bench.agent.stop();
    const again = await boxIn(bench.home);
    await until('a picture', () => again.picture() !== null);
    expect(again.picture()?.core.peak.thresholdW).toBe(7_500);
    await until('a fresh challenge', () => new Set(bench.descriptions.map((d) => d.challenge)).size === 2);
    expect(bench.descriptions.at(-1)?.setpointSeqs).toEqual({ portal: 1 });
  });
});
