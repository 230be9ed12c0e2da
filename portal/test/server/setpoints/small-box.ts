/** A box of few words on a real broker: describes itself, lives, checks what it is sent, answers what a test wants. */
import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import { encodeMessage, parseMessage } from '@wattward/broker/wire/message';
import type { Setpoint, SetpointAck } from '@wattward/broker/wire/setpoint';
import type { SiteDescription, SiteState } from '@wattward/broker/wire/site';
import { TOPICS, type TopicName, topic } from '@wattward/broker/wire/topics';
import { connectAsync, type MqttClient } from 'mqtt';

export type Answer = Pick<SetpointAck, 'status' | 'why' | 'params'> | null;
export type Judge = (message: Setpoint, box: SmallBox) => readonly Answer[];

/** As a box should: signature, site, challenge, sequence, then in force. */
export const careful: Judge = (message, box) => {
  const { signature, ...unsigned } = message;
  const signed = Buffer.from(canonicalJson(unsigned));
  const refused = (why: NonNullable<SetpointAck['why']>) => [{ status: 'refused' as const, why, params: {} }];
  if (!verify(null, signed, box.key, Buffer.from(signature, 'base64url'))) return refused('bad-signature');
  if (message.site !== box.site) return refused('foreign-site');
  if (message.challenge !== box.challenge) return refused('stale-challenge');
  if (message.seq <= box.seq) return refused('replayed');
  box.seq = message.seq;
  if (message.kind === 'revoke') return [{ status: 'accepted', params: {} }];
  return [
    { status: 'accepted', params: {} },
    { status: 'active', params: {} },
  ];
};

export class SmallBox {
  readonly site: string;
  readonly key: KeyObject;
  readonly heard: Setpoint[] = [];
  challenge = 'challenge-1';
  seq = 0;
  judge: Judge = careful;
  /** What its state lists as in force. */
  listed: SiteState['setpoints'] = [];
  nowMs: () => number;
  readonly #client: MqttClient;
  #cycle = 0;

  static async connect(options: {
    readonly url: string;
    readonly site: string;
    readonly secret: string;
    readonly publicKeyPem: string;
    readonly nowMs: () => number;
  }): Promise<SmallBox> {
    const client = await connectAsync(options.url, {
      protocolVersion: 4,
      clientId: options.site,
      username: options.site,
      password: options.secret,
      reconnectPeriod: 0,
    });
    const box = new SmallBox(client, options.site, createPublicKey(options.publicKeyPem), options.nowMs);
    await client.subscribeAsync(topic('siteSetpoint', { siteId: options.site }), { qos: 1 });
    await box.describe();
    await box.live();
    return box;
  }

  private constructor(client: MqttClient, site: string, key: KeyObject, nowMs: () => number) {
    this.#client = client;
    this.site = site;
    this.key = key;
    this.nowMs = nowMs;
    client.on('message', (_, payload) => {
      const parsed = parseMessage('siteSetpoint', payload.toString());
      if (!parsed.ok) return;
      this.heard.push(parsed.message);
      for (const answer of this.judge(parsed.message, this)) {
        if (answer) void this.answer({ ...answer, id: parsed.message.id, seq: parsed.message.seq });
      }
    });
  }

  answer(ack: Pick<SetpointAck, 'id' | 'seq' | 'status' | 'why' | 'params'>): Promise<void> {
    const at = new Date(this.nowMs()).toISOString();
    return this.#publish(
      'siteSetpointAck',
      encodeMessage('siteSetpointAck', { v: 1, site: this.site, at, ...ack }),
    );
  }

  async describe(): Promise<void> {
    const description: SiteDescription = {
      v: 1,
      site: this.site,
      name: 'Small home',
      zone: 'Europe/Berlin',
      softwareVersion: '0.1.0',
      boot: 'boot-1',
      challenge: this.challenge,
      setpointSeqs: { portal: this.seq },
      simulated: true,
      capabilities: { pv: true, battery: true, ev: false, phases: 3 },
      devices: [],
      loads: [],
      batteries: [],
      bounds: { 'peak-threshold': { min: 2000, max: 12_000, default: 9000, unit: 'W' } },
      choices: { 'load.load': ['pool-heater'] },
      tariff: { currency: 'EUR', importPricePerKwh: 0.3, exportPricePerKwh: 0.08 },
    };
    await this.#publish('siteDescription', encodeMessage('siteDescription', description));
  }

  async live(): Promise<void> {
    this.#cycle += 1;
    await this.#publish(
      'siteState',
      encodeMessage('siteState', stateAt(this.site, this.nowMs(), this.listed)),
    );
  }

  async stop(): Promise<void> {
    await this.#client.endAsync(true);
  }

  async #publish(name: TopicName, text: string): Promise<void> {
    const { qos, retain } = TOPICS[name];
    await this.#client.publishAsync(topic(name, { siteId: this.site }), text, { qos, retain });
  }
}

export function stateAt(site: string, atMs: number, setpoints: SiteState['setpoints'] = []): SiteState {
  return {
    v: 1,
    site,
    at: new Date(atMs).toISOString(),
    cycle: 1,
    mode: 'normal',
    reason: { rule: 'start', code: 'starting', params: {} },
    power: { gridPowerW: 500, pvPowerW: 0, batteryPowerW: 0, houseLoadW: 500, managedLoadW: 0 },
    batterySocPct: 50,
    signals: {},
    allocation: null,
    peak: { active: false, thresholdW: 9000, demandW: 500, windowDemandW: 500, shedLoads: [] },
    batteries: [],
    loads: [],
    today: {
      gridImportWh: 0,
      gridExportWh: 0,
      pvWh: 0,
      batteryChargedWh: 0,
      batteryDischargedWh: 0,
      costMoney: 0,
      savingsMoney: 0,
    },
    price: { importPricePerKwh: 0.3, exportPricePerKwh: 0.08, currency: 'EUR' },
    setpoints,
    outbox: { pendingPoints: 0, oldestAgeS: 0, droppedPoints: 0 },
  };
}
