import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { LIMIT_KINDS, SETPOINT_KINDS, type SetpointAck } from '@wattward/broker/wire/setpoint';
import type { OperatorTerms, SiteDescription } from '@wattward/broker/wire/site';
import mqtt from 'mqtt';
import { type Agent, startAgent } from '../../src/agent.ts';
import { loadConfig } from '../../src/config.ts';
import type { MqttBus } from '../../src/link/mqtt-bus.ts';
import { openStore } from '../../src/store/open-store.ts';
import { SECRETS } from '../devices/home-broker.ts';
import { until } from '../devices/modbus-server.ts';
import { type Draft, operatorsPen, ordered, pen, signed } from '../setpoint/signed-setpoints.ts';
import { SmallHome } from './small-home.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const SITE_START_MS = Date.UTC(2026, 0, 14, 12);
const HOUR_MS = 3_600_000;
const TIMES = {
  notBefore: new Date(SITE_START_MS - HOUR_MS).toISOString(),
  expires: new Date(SITE_START_MS + HOUR_MS).toISOString(),
};
const SITE = 'wattward/v1/site/home-1';
const ids = { siteId: 'home-1' };

/** A home whose owner obeys its portal in everything, and the operator of the grid in limits. */
async function homeOfTwoKeys(): Promise<SmallHome> {
  const home = await SmallHome.open({
    speed: 10,
    cycleMs: 1_000,
    setpointKeys: [
      { id: 'portal', file: 'setpoint-key.pub', kinds: SETPOINT_KINDS },
      { id: 'operator', file: 'operator.pub', kinds: LIMIT_KINDS },
    ],
  });
  open.push(() => home.close());
  for (const [file, { publicKey }] of [
    ['setpoint-key.pub', pen],
    ['operator.pub', operatorsPen],
  ] as const) {
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    writeFileSync(path.join(home.dir, file), pem);
  }
  return home;
}

async function boxIn(home: SmallHome): Promise<Agent> {
  const log = { info: () => {}, warn: () => {}, error: () => {} };
  const agent = await startAgent({ config: loadConfig(home.configFile), log });
  open.push(() => agent.stop());
  return agent;
}

/** One sender at its own topics, with all that it hears. */
class Sender {
  readonly acks: SetpointAck[] = [];
  readonly #bus: MqttBus;
  readonly #topic: 'siteSetpoint' | 'siteOperatorSetpoint';
  challenge = '';
  seqs: Readonly<Record<string, number>> = {};
  terms: OperatorTerms | null = null;

  private constructor(bus: MqttBus, topic: 'siteSetpoint' | 'siteOperatorSetpoint') {
    this.#bus = bus;
    this.#topic = topic;
  }

  static async of(id: 'portal' | 'operator', home: SmallHome): Promise<Sender> {
    const bus = home.broker.bus(id);
    const sender = new Sender(bus, id === 'portal' ? 'siteSetpoint' : 'siteOperatorSetpoint');
    const told = ({ challenge, setpointSeqs }: SiteDescription | OperatorTerms) => {
      sender.challenge = challenge;
      sender.seqs = setpointSeqs;
    };
    if (id === 'portal') {
      bus.subscribe('siteSetpointAck', ids, ({ message }) => sender.acks.push(message));
      bus.subscribe('siteDescription', ids, ({ message }) => told(message));
    } else {
      bus.subscribe('siteOperatorSetpointAck', ids, ({ message }) => sender.acks.push(message));
      bus.subscribe('siteOperatorTerms', ids, ({ message }) => {
        sender.terms = message;
        told(message);
      });
    }
    bus.start();
    open.push(() => bus.end());
    await until(`what ${id} needs to sign`, () => sender.challenge !== '');
    return sender;
  }

  /** What the box says to it, once it is no longer only accepted. */
  async send(write: (change: Partial<Draft>) => string, change: Partial<Draft> = {}): Promise<string> {
    const before = this.acks.length;
    const text = write({ ...TIMES, challenge: this.challenge, ...change });
    await this.#bus.publish(this.#topic, ids, JSON.parse(text));
    const said = () => this.acks.slice(before).find(({ status }) => status !== 'accepted');
    const isRevoke = change.kind === 'revoke';
    await until('the answer', () => said() !== undefined || (isRevoke && this.acks.length > before));
    const ack = said() ?? this.acks.at(-1);
    return `${ack?.id} ${ack?.why ?? ack?.status}`;
  }
}

async function twoSenders() {
  const home = await homeOfTwoKeys();
  const agent = await boxIn(home);
  const portal = await Sender.of('portal', home);
  const operator = await Sender.of('operator', home);
  await until('a picture', () => agent.picture() !== null);
  return { home, agent, portal, operator };
}

const importLimitW = (agent: Agent) => agent.picture()?.core.grid.importLimitW ?? null;

describe('an operator of the grid at the box', () => {
  test('sets a limit at its own topic, hears of it there, and the portal hears nothing', async () => {
    const { agent, portal, operator } = await twoSenders();
    expect(operator.terms).toMatchObject({ site: 'home-1', setpointSeqs: { operator: 0 } });
    expect(Object.keys(operator.terms?.bounds ?? {}).sort()).toEqual(['export-limit', 'import-limit']);
    expect(await operator.send(ordered, { seq: 3 })).toBe('limit-000001 active');
    await until('the limit', () => importLimitW(agent) === 4200);
    await until('its own number told', () => operator.seqs.operator === 3);
    expect(portal.acks).toEqual([]);
    const revoke = { id: 'limit-revoke', seq: 4, kind: 'revoke', value: { id: 'limit-000001' } };
    expect(await operator.send(ordered, revoke)).toBe('limit-000001 revoked');
    await until('no limit', () => importLimitW(agent) === null);
  });

  test('may send nothing but limits, whatever it signs, and nothing under another name', async () => {
    const { agent, portal, operator } = await twoSenders();
    for (const [kind, value] of [
      ['load', { load: 'pool-heater', on: false }],
      ['peak-threshold', { watts: 7000 }],
      ['battery-mode', { battery: null, mode: 'idle', limitW: null }],
      ['policy', { policy: 'advise' }],
    ] as const) {
      expect(await operator.send(ordered, { id: 'order-0001', seq: 9, kind, value })).toBe(
        'order-0001 out-of-scope',
      );
    }
    expect(await operator.send(ordered, { key: 'portal' })).toBe('limit-000001 bad-signature');
    expect(await operator.send(ordered, { key: 'neighbour' })).toBe('limit-000001 unknown-key');
    expect(await operator.send(signed, { id: 'threshold-1' })).toBe('threshold-1 out-of-scope');
    expect(agent.picture()?.core.peak.thresholdW).toBe(9_000);
    expect(agent.picture()?.decision.homeMode).toBe('normal');
    // What was tried at the wrong door is still good at the right one.
    expect(await portal.send(signed, { id: 'threshold-1' })).toBe('threshold-1 active');
  });

  test('cannot lock out the portal by its numbers, nor the portal the operator', async () => {
    const { portal, operator } = await twoSenders();
    const most = { seq: Number.MAX_SAFE_INTEGER };
    expect(await operator.send(ordered, most)).toBe('limit-000001 active');
    expect(await portal.send(signed, { seq: 1 })).toBe('proposal-1 active');
    expect(await operator.send(ordered, most)).toBe('limit-000001 replayed');
    expect(await portal.send(signed, { seq: 1 })).toBe('proposal-1 replayed');
  });

  test('neither revokes, replaces nor lifts what the other has sent', async () => {
    const { agent, portal, operator } = await twoSenders();
    expect(await portal.send(signed, { id: 'shared-name', seq: 1 })).toBe('shared-name active');
    const revoke = { id: 'a-revoke-1', kind: 'revoke', value: { id: 'shared-name' } };
    expect(await operator.send(ordered, { ...revoke, seq: 1 })).toBe('a-revoke-1 unknown-id');
    expect(await operator.send(ordered, { id: 'shared-name', seq: 2 })).toBe('shared-name active');
    const loose = { id: 'loose-limit', seq: 2, kind: 'import-limit', value: { watts: 15_000 } };
    expect(await portal.send(signed, loose)).toBe('loose-limit active');
    await until('both', () => agent.picture()?.core.peak.thresholdW === 7_000);
    expect(importLimitW(agent)).toBe(4200);
  });

  test('hears and says nothing else of the home', async () => {
    const home = await homeOfTwoKeys();
    const identity = { clientId: 'operator', username: 'operator', password: SECRETS.operator };
    const taker = async () => {
      const client = await mqtt.connectAsync(home.broker.url, {
        ...{ protocolVersion: 4, reconnectPeriod: 0 },
        ...identity,
      });
      open.push(() => client.endAsync(true));
      return client;
    };
    const reader = await taker();
    const granted = async (filter: string) =>
      reader.subscribeAsync(filter, { qos: 1 }).then(
        ([grant]) => (grant?.qos ?? 128) < 128,
        () => false,
      );
    for (const word of [
      'description',
      'state',
      'setpoint',
      'setpoint/ack',
      'installer/+',
      'response/+',
      '#',
    ]) {
      expect([word, await granted(`${SITE}/${word}`)]).toEqual([word, false]);
    }
    expect(await granted(`${SITE}/operator/#`)).toBe(true);
    for (const word of [
      'setpoint',
      'request/settings',
      'installer/commission',
      'event/ack',
      'operator/terms',
    ]) {
      const client = await taker();
      const closed = new Promise((resolve) => client.once('close', () => resolve('closed')));
      client.publish(`${SITE}/${word}`, '{}', { qos: 1 }, () => {});
      expect([word, await closed]).toEqual([word, 'closed']);
    }
  });
});

test('where no key is for limits alone, the topics of an operator stay shut', async () => {
  const home = await SmallHome.open({ speed: 10, cycleMs: 1_000 });
  open.push(() => home.close());
  const operator = home.broker.bus('operator');
  const terms: OperatorTerms[] = [];
  operator.subscribe('siteOperatorTerms', ids, ({ message }) => terms.push(message));
  operator.start();
  open.push(() => operator.end());
  const portal = home.broker.bus('portal');
  const states: unknown[] = [];
  portal.subscribe('siteState', ids, ({ message }) => states.push(message));
  portal.start();
  open.push(() => portal.end());
  await boxIn(home);
  await until('the live picture', () => states.length > 2);
  expect(terms).toEqual([]);
});

test('what a box of earlier software wrote down holds on, and its one number counts for every key', async () => {
  const home = await homeOfTwoKeys();
  const dir = path.join(home.dir, 'box');
  const store = await openStore({ dir, site: 'home-1', bootId: 'before', onAlarm: () => {} });
  const { notBefore, expires } = TIMES;
  const held = {
    ...{ id: 'proposal-7', seq: 7, kind: 'peak-threshold', value: { watts: 7_500 }, notBefore, expires },
    ...{ issuer: 'mara', approver: 'otto', isActive: true, startsInMs: -1, leftMs: HOUR_MS },
  };
  await store.saveState('setpoints', JSON.stringify({ book: { lastSeq: 7, held: [held] }, acks: [] }));
  await store.close();
  const agent = await boxIn(home);
  const portal = await Sender.of('portal', home);
  const operator = await Sender.of('operator', home);
  await until('what was held', () => agent.picture()?.core.peak.thresholdW === 7_500);
  expect(portal.seqs).toEqual({ portal: 7, operator: 7 });
  expect(await portal.send(signed, { seq: 7 })).toBe('proposal-1 replayed');
  expect(await operator.send(ordered, { seq: 7 })).toBe('limit-000001 replayed');
  expect(await operator.send(ordered, { seq: 8 })).toBe('limit-000001 active');
  const revoke = { id: 'revoke-it', seq: 8, kind: 'revoke', value: { id: 'proposal-7' } };
  expect(await portal.send(signed, revoke)).toBe('proposal-7 revoked');
});
