/** A small home of shipped parts: the broker's bundle and the box's, with their files as an installer writes them. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseMessage } from '@wattward/broker/wire/message';
import type { SiteState } from '@wattward/broker/wire/site';
import { topic } from '@wattward/broker/wire/topics';
import { connectAsync } from 'mqtt';
import { stringify } from 'yaml';
import { eventually } from '../home-rig.ts';
import { type Running, Shipped } from './shipped.ts';

const SITE = 'home-1';

export class ShippedHome {
  readonly broker: Shipped;
  /** Credentials, configuration, data. */
  readonly dir: string;
  readonly brokerUrl: string;
  readonly #serving: Running;
  #edge: Shipped;
  #box: Running | null = null;

  static async open(): Promise<ShippedHome> {
    const [edge, broker] = await Promise.all([Shipped.copy('edge'), Shipped.copy('broker')]);
    const dir = mkdtempSync(path.join(tmpdir(), 'shipped-home-'));
    const data = ['--data', path.join(dir, 'broker')];
    for (const [id, role] of [
      ['edge-1', 'edge'],
      [SITE, 'site'],
      ['portal', 'portal'],
    ] as const) {
      const bind = role === 'edge' ? ['--bind', `siteId=${SITE}`] : [];
      const args = [
        'user',
        'add',
        id,
        '--role',
        role,
        ...bind,
        ...data,
        '--out',
        path.join(dir, `${id}.json`),
      ];
      const { code, stderr } = await broker.call('run', args);
      if (code !== 0) throw new Error(stderr);
    }
    const serving = await broker.start('run', ['serve', ...data, '--port', '0']);
    return new ShippedHome(dir, { edge, broker }, serving);
  }

  private constructor(dir: string, { edge, broker }: { edge: Shipped; broker: Shipped }, serving: Running) {
    this.dir = dir;
    this.#edge = edge;
    this.broker = broker;
    this.brokerUrl = `mqtt://127.0.0.1:${serving.ready.port}`;
    this.#serving = serving;
  }

  /** The box's bundle. */
  get edge(): Shipped {
    return this.#edge;
  }

  /** The same home as on its first day, with the bundle as it was made. */
  async renew(): Promise<void> {
    await this.stopBox();
    this.#edge.remove();
    this.#edge = await Shipped.copy('edge');
    rmSync(path.join(this.dir, 'data'), { recursive: true, force: true });
  }

  get configFile(): string {
    return path.join(this.dir, 'edge.yaml');
  }

  /** Writes `edge.yaml` and `site.yaml` of a home with nothing but meters, the first at the grid: connections by id. */
  describe(connections: Readonly<Record<string, object>>): void {
    const url = this.brokerUrl;
    const broker = (identity: string) => ({ url, identity, secretFile: `${identity}.json` });
    const data = path.join(this.dir, 'data');
    mkdirSync(data, { recursive: true });
    // As a person does who has looked at the clock.
    writeFileSync(path.join(data, 'clock-confirmed'), '');
    writeFileSync(
      this.configFile,
      stringify({
        ...{ site: SITE, dataDir: 'data', siteSettings: 'site.yaml' },
        ...{ homeBroker: broker('edge-1'), cloudBroker: broker(SITE) },
      }),
    );
    const meters = Object.entries(connections).map(([id, connection], i) => {
      return { id, name: id, role: i === 0 ? 'grid' : 'sub', profile: 'sdm630', connection };
    });
    writeFileSync(
      path.join(this.dir, 'site.yaml'),
      stringify({
        ...{ name: 'Small home', zone: 'Europe/Berlin', grid: { phases: 3, fuseA: 25 } },
        devices: { meters, inverters: [], boards: [] },
        ...{ batteries: [], loads: [] },
      }),
    );
  }

  /** @param uid user it runs as; by default the one of this test. */
  async startBox(uid?: number): Promise<Running> {
    if (uid !== undefined) this.#giveTo(uid);
    this.#box = await this.edge.start('run', ['run', '--config', this.configFile], uid);
    return this.#box;
  }

  #giveTo(uid: number): void {
    chmodSync(this.edge.dir, 0o755);
    for (const file of ['.', 'data', 'data/clock-confirmed', 'edge-1.json', `${SITE}.json`])
      chownSync(path.join(this.dir, file), uid, uid);
  }

  status(): Promise<string> {
    return this.edge.call('run', ['status', '--config', this.configFile]).then(({ stdout }) => stdout);
  }

  async stopBox(): Promise<void> {
    await this.#box?.stop();
    this.#box = null;
  }

  /** Hands every state the box tells the portal to `look` until that gives something. */
  async stateTold<T extends object | number | string | true>(
    look: (state: SiteState) => T | undefined,
  ): Promise<T> {
    const { id, secret } = JSON.parse(readFileSync(path.join(this.dir, 'portal.json'), 'utf8'));
    const credential = { clientId: id, username: id, password: secret, protocolVersion: 4 } as const;
    const portal = await connectAsync(this.brokerUrl, { ...credential, reconnectPeriod: 0 });
    let found: T | undefined;
    let newest = 'nothing';
    portal.on('message', (_, payload) => {
      newest = payload.toString();
      const parsed = parseMessage('siteState', newest);
      if (parsed.ok) found ??= look(parsed.message);
    });
    await portal.subscribeAsync(topic('siteState', { siteId: SITE }));
    try {
      return await eventually('the state that is waited for', () => {
        if (found === undefined) throw new Error(newest);
        return found;
      });
    } finally {
      await portal.endAsync(true);
    }
  }

  async close(): Promise<void> {
    await this.stopBox();
    await this.#serving.stop();
    this.edge.remove();
    this.broker.remove();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
