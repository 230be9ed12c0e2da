/** Twenty homes with their boxes in one process, on a real broker: what they cost. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { startBroker } from '../../broker/src/server/start-broker.ts';
import { fleetIdentities } from '../src/fleet/fleet.ts';

const SITES = 20;
const SECONDS = 20;
const SECRET = 'a-secret-of-22-characters';
const HERE = import.meta.dirname;
const HOME_FILE = path.join(HERE, '../homes/default.yaml');

interface Cost {
  readonly rssMb: number;
  readonly cpuPct: number;
  readonly deciding: number;
}

let measured: Promise<Cost> | undefined;

async function measure(): Promise<Cost> {
  const dir = mkdtempSync(path.join(tmpdir(), 'fleet-'));
  const sites = Array.from({ length: SITES }, (_, i) => `home-${i + 1}`);
  const credentials = sites.flatMap((site) => {
    const identities = fleetIdentities(HOME_FILE, site);
    const of = (role: string) => identities.filter((one) => one.role === role).map(({ id }) => id);
    const bindings = { siteId: [site], boardId: of('board'), meterId: of('meter') };
    return identities.map(({ id, role }) => ({
      ...{ id, role, secret: SECRET },
      ...(role === 'edge' ? { bindings } : {}),
    }));
  });
  for (const { id, role } of credentials) {
    writeFileSync(path.join(dir, `${id}.json`), JSON.stringify({ id, role, secret: SECRET }), {
      mode: 0o600,
    });
  }
  const broker = await startBroker({ credentials, host: '127.0.0.1', port: 0 });
  try {
    const url = `mqtt://127.0.0.1:${broker.port}`;
    const args = [
      path.join(HERE, 'fleet-process.ts'),
      HOME_FILE,
      String(SITES),
      path.join(dir, 'data'),
      url,
      dir,
    ];
    const { stdout } = await promisify(execFile)(process.execPath, [...args, String(SECONDS)], {
      timeout: 180_000,
    });
    const cost = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Cost;
    if (cost.deciding !== SITES) throw new Error(`${cost.deciding} of ${SITES} boxes decide`);
    return cost;
  } finally {
    await broker.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

const cost = () => {
  measured ??= measure();
  return measured;
};

export const benches = [
  {
    name: `memory of ${SITES} homes with boxes in one process`,
    unit: 'MB',
    bar: { max: 600 },
    long: true,
    run: async () => (await cost()).rssMb,
  },
  {
    name: `processor time of ${SITES} homes with boxes, share of one core`,
    unit: '%',
    bar: null,
    long: true,
    run: async () => (await cost()).cpuPct,
  },
];
