/**
 * A home of real processes in which everything outside moves once: sun, loads, a person's hand, orders from afar, the
 * grid, devices that fall silent, a board that is away, the clocks that are set. What the box read and decided is taken
 * from its disk at the end; what it said is what an observer heard on the broker.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addCredential } from '@wattward/broker/access/credentials-file';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import { SETPOINT_KINDS } from '@wattward/broker/wire/setpoint';
import type { SiteDescription, SiteState } from '@wattward/broker/wire/site';
import { type RecordedRun, recordedRun } from '@wattward/edge/testing/recorded-run';
import { connectAsync, type MqttClient } from 'mqtt';
import { parse, stringify } from 'yaml';
import { eventually, HomeRig, ROOT } from './home-rig.ts';

const SPEED = 20;
/** The box calls a contact welded after 10 s. */
const WELDED_MS = 15_000;
const HOMES = path.join(ROOT, 'device-sim/homes');

export interface MovedHome extends RecordedRun {
  /** Live states by cycle. */
  readonly states: ReadonlyMap<number, SiteState>;
  /** Every message of the box or to it that is JSON. */
  readonly heard: readonly { readonly topic: string; readonly message: unknown }[];
}

export async function moveHome(): Promise<MovedHome> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'moving-home-'));
  const rig = await HomeRig.prepare(['--home', homeFile(scratch), '--headless', '--speed', String(SPEED)]);
  const home = new Watched(rig, keyFor(rig));
  try {
    const observer = await addCredential(rig.plan.brokerDir, { id: 'watcher', role: 'observer' });
    await rig.startBroker();
    await home.listen(observer);
    await rig.startSimulator();
    await rig.startBox();
    await moveAll(home);
    await rig.kill('box', 'SIGTERM');
    const { dataDir } = parse(readFileSync(path.join(rig.site.dir, 'edge.yaml'), 'utf8')) as {
      dataDir: string;
    };
    return {
      ...(await recordedRun(path.resolve(rig.site.dir, dataDir))),
      states: home.states,
      heard: home.heard,
    };
  } finally {
    await home.end();
    await rig.stop();
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Noon under a sun far to the east of its clocks, nine minutes before they are set to summer time. */
function homeFile(scratch: string): string {
  const home = readFileSync(path.join(HOMES, 'peak.yaml'), 'utf8')
    .replace('start: "2026-01-14T22:00"', 'start: "2026-03-29T01:51"')
    .replace('longitudeDeg: 13.40', 'longitudeDeg: 150')
    .replace('cloudiness: 0.6', 'cloudiness: 0.1')
    .replace('powerW: 7000', 'powerW: 12000')
    .replace('initialSocPct: 34', 'initialSocPct: 60')
    .replace('initialTemperatureC: 60', 'initialTemperatureC: 12');
  const site = readFileSync(path.join(HOMES, 'peak.site.yaml'), 'utf8').replace(
    'target: { energyWh: 5000, deadline: "06:30" }',
    'target: { runMin: 500, deadline: "06:30" }',
  );
  writeFileSync(path.join(scratch, 'moving.yaml'), home);
  writeFileSync(path.join(scratch, 'moving.site.yaml'), site);
  return path.join(scratch, 'moving.yaml');
}

type SigningKey = ReturnType<typeof generateKeyPairSync>['privateKey'];

/** A key of the test's own may send everything. */
function keyFor(rig: HomeRig): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  writeFileSync(path.join(rig.site.dir, 'test-key.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  const file = path.join(rig.site.dir, 'edge.yaml');
  const config = parse(readFileSync(file, 'utf8')) as object;
  const setpointKeys = [{ id: 'portal', file: 'test-key.pub', kinds: SETPOINT_KINDS }];
  writeFileSync(file, stringify({ ...config, setpointKeys }));
  return privateKey;
}

class Watched {
  readonly rig: HomeRig;
  readonly states = new Map<number, SiteState>();
  readonly heard: { topic: string; message: unknown }[] = [];
  readonly #key: SigningKey;
  #clients: MqttClient[] = [];
  #state: SiteState | null = null;
  #description: SiteDescription | null = null;
  #seq = 0;

  constructor(rig: HomeRig, key: SigningKey) {
    this.rig = rig;
    this.#key = key;
  }

  async listen(observer: { readonly id: string; readonly secret: string }): Promise<void> {
    const portal = this.rig.secret('portal');
    this.#clients = await Promise.all([observer, portal].map((who) => this.#connect(who)));
    const [watcher, asPortal] = this.#clients;
    watcher?.on('message', (topic, payload) => this.#hear(topic, payload.toString()));
    await watcher?.subscribeAsync('#', { qos: 1 });
    asPortal?.on('error', () => undefined);
  }

  #connect({ id, secret }: { readonly id: string; readonly secret: string }): Promise<MqttClient> {
    const url = `mqtt://127.0.0.1:${this.rig.plan.brokerPort}`;
    return connectAsync(url, { protocolVersion: 4, clientId: id, username: id, password: secret });
  }

  #hear(topic: string, text: string): void {
    let message: unknown;
    try {
      message = JSON.parse(text);
    } catch {
      return;
    }
    this.heard.push({ topic, message });
    const site = `site/${this.rig.site.id}/`;
    if (topic.endsWith(`${site}state`)) {
      this.#state = message as SiteState;
      this.states.set(this.#state.cycle, this.#state);
    }
    if (topic.endsWith(`${site}description`)) this.#description = message as SiteDescription;
  }

  /** Waits for a live state that is like that. */
  async until(what: string, look: (state: SiteState) => unknown): Promise<void> {
    const seen = () => `${what} (${JSON.stringify(this.#state)})`;
    await eventually(what, () => this.#state !== null && look(this.#state), 60_000).catch(() => {
      throw new Error(`not within a minute: ${seen()}`);
    });
  }

  /** Waits until so many more messages of such a topic have come. */
  async next(topic: string, count: number): Promise<void> {
    const sofar = () => this.heard.filter((one) => one.topic.includes(topic)).length;
    const wanted = sofar() + count;
    await eventually(`${count} more of ${topic}`, () => sofar() >= wanted);
  }

  async order(kind: string, value: object, forS: number): Promise<void> {
    const { nowMs, challenge } = await eventually('the box has described itself', () => {
      const at = this.#state && Date.parse(this.#state.at);
      return this.#description && at ? { nowMs: at, challenge: this.#description.challenge } : null;
    });
    this.#seq += 1;
    const unsigned = {
      ...{ v: 1, id: `moving-${kind}-${this.#seq}`, site: this.rig.site.id, kind, value },
      notBefore: new Date(nowMs - 60_000).toISOString(),
      expires: new Date(nowMs + forS * 1000).toISOString(),
      ...{ issuer: 'a person', approver: 'another one', expectedSaving: null },
      ...{ key: 'portal', seq: this.#seq, challenge },
    };
    const signature = sign(null, Buffer.from(canonicalJson(unsigned)), this.#key).toString('base64url');
    const topic = this.heard
      .find((one) => one.topic.endsWith(`site/${this.rig.site.id}/state`))
      ?.topic.replace(/state$/, 'setpoint');
    await this.#clients[1]?.publishAsync(topic ?? '', JSON.stringify({ ...unsigned, signature }), { qos: 1 });
    await this.until(`${kind} holds`, ({ setpoints }) => setpoints.some(({ id }) => id === unsigned.id));
  }

  async end(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.endAsync(true)));
  }
}

async function moveAll(home: Watched): Promise<void> {
  const { rig } = home;
  const fault = (id: string, kind: string, forS: number) =>
    rig.sim('POST', `objects/${id}/faults`, { kind, forS });
  const turn = (id: string, on: boolean) => rig.sim('POST', `objects/${id}/switch`, { on });
  const load = (state: SiteState, id: string) => state.loads.find((one) => one.id === id);
  await home.until('sun and heaters', (state) => {
    return (state.power.pvPowerW ?? 0) > 500 && load(state, 'water-heater')?.reported === true;
  });
  await home.order('hysteresis-bounds', { onPct: 95, offPct: 90 }, 20);
  await home.until(
    'a battery that gives nothing',
    ({ batteries }) => batteries[0]?.dischargeAllowed === false,
  );
  await home.order('load', { load: 'ev-charger', on: true }, 600);
  await home.order('battery-mode', { battery: 'home-battery', mode: 'charge-grid', limitW: 3000 }, 120);
  await home.until('the battery charges', ({ batteries }) => batteries[0]?.mode === 'charge-grid');
  await home.order('battery-mode', { battery: null, mode: 'hold', limitW: null }, 300);
  await home.order('peak-threshold', { watts: 5000 }, 300);
  await turn('space-heater', true);
  await home.until('a peak', ({ peak }) => peak.active && peak.shedLoads.length > 0);
  await turn('space-heater', false);
  await rig.sim('POST', 'outages', { inS: 0, forS: 60 });
  await home.until('an outage', ({ mode }) => mode === 'outage');
  await home.until('its end', ({ mode }) => mode !== 'outage');
  await fault('load-meter', 'no-answer', 60);
  await fault('hybrid', 'no-answer', 60);
  await rig.sim('POST', 'boards/cellar-board/link', { on: false });
  await home.until('no inverter', ({ power }) => power.pvPowerW === null);
  await rig.sim('POST', 'boards/cellar-board/link', { on: true });
  await fault('grid-meter', 'no-answer', 60);
  await home.until('no meter', ({ power }) => power.gridPowerW === null);
  await home.until('everything again', ({ power }) => power.gridPowerW !== null && power.pvPowerW !== null);
  await weld(home);
  await home.until(
    'two quarters of an hour later',
    ({ at }) => Date.parse(at) > Date.parse('2026-03-29T01:16:00Z'),
  );
}

/** A meter goes on telling what it told while a hand turns the load off: its contact looks welded. */
async function weld(home: Watched): Promise<void> {
  const { rig } = home;
  const pool = ({ loads }: SiteState) => loads.find(({ id }) => id === 'pool-heater');
  await home.until('the pool heats', (state) => (pool(state)?.measuredPowerW ?? 0) > 2000);
  await rig.sim('POST', 'objects/load-meter/faults', { kind: 'frozen', forS: 300 });
  await home.next('meter/load-meter-', 2);
  await rig.sim('POST', 'objects/cellar-board/button', { channel: 1 });
  await home.until('the hand counts', (state) => pool(state)?.reason.code === 'override-button');
  let sinceMs: number | null = null;
  await home.until('it draws for long enough although it is off', (state) => {
    const { reported, measuredPowerW } = pool(state) ?? {};
    const nowMs = Date.parse(state.at);
    sinceMs = reported === false && (measuredPowerW ?? 0) > 2000 ? (sinceMs ?? nowMs) : null;
    return sinceMs !== null && nowMs - sinceMs > WELDED_MS;
  });
}
