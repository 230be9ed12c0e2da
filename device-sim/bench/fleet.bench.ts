/** Twenty homes with their boxes in one process, on a real broker: what they cost. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { openFleetBus } from '../test/fleet/fleet-bus.ts';

const SITES = 20;
const SECONDS = 20;
const HERE = import.meta.dirname;
const HOME_FILE = path.join(HERE, '../homes/default.yaml');

interface Cost {
  readonly rssMb: number;
  readonly cpuPct: number;
  readonly deciding: number;
}

let measured: Promise<Cost> | undefined;

async function measure(): Promise<Cost> {
  const bus = await openFleetBus(HOME_FILE, SITES);
  try {
    const where = [path.join(bus.dir, 'data'), bus.url, bus.dir];
    const args = [path.join(HERE, 'fleet-process.ts'), HOME_FILE, String(SITES), ...where, String(SECONDS)];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 180_000 });
    const cost = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Cost;
    if (cost.deciding !== SITES) throw new Error(`${cost.deciding} of ${SITES} boxes decide`);
    return cost;
  } finally {
    await bus.close();
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
