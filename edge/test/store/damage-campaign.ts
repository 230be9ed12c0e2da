/**
 * The box's files damaged at random, again and again: no line may be sent that was never recorded, and the box must
 * start, take what is new and keep its books whatever lies on the card. Used by the tests (a few) and by the torture.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { seededRandom } from '../torture/seeded-random.ts';
import {
  at,
  decision,
  drained,
  isBalanced,
  opened,
  removeFolder,
  sitePoint,
  tempFolder,
} from './opened-store.ts';

const LONGEST_START_MS = 10_000;
const CYCLES = 200;
const CYCLE_MS = 100;
const FILES = ['log.db', 'state.db'] as const;

/** A folder as a box leaves it: state, four hundred points that wait, some decisions. */
export async function lived(dir: string): Promise<void> {
  const { store } = await opened(dir, { commitEveryMs: 100 });
  for (let i = 0; i < CYCLES; i++) {
    const now = at(i * CYCLE_MS);
    store.recordPoints([sitePoint(i), { ...sitePoint(i), tags: { site: 'home-1', twin: 'a' } }], now);
    if (i % 20 === 0) await store.recordDecisions([decision(`d${i}`)], now);
  }
  await store.flush();
  await store.saveState('control', '{"soc":34}');
  await store.close();
}

/** Every line the box may ever send of it. */
function written(): Set<string> {
  const lines = new Set<string>();
  for (let i = 0; i < CYCLES; i++) {
    const { wallMs } = at(i * CYCLE_MS);
    for (const series of ['site,site=home-1', 'site,site=home-1,twin=a']) {
      lines.add(`${series} gridPowerW=${i},gridImportWh=0,mode="normal" ${wallMs}`);
    }
  }
  return lines;
}

export class DamageCampaign {
  readonly dir = tempFolder();
  readonly #allowed = written();
  #image: ReadonlyMap<string, Buffer> = new Map();
  /** Promises that were broken, in words. */
  readonly broken: string[] = [];
  longestStartMs = 0;

  static async prepare(): Promise<DamageCampaign> {
    const campaign = new DamageCampaign();
    await lived(campaign.dir);
    campaign.#image = new Map(FILES.map((name) => [name, readFileSync(join(campaign.dir, name))]));
    return campaign;
  }

  /** The whole files, damaged as `seed` says, and a box that starts on them. */
  async run(seed: number): Promise<void> {
    const random = seededRandom(seed);
    for (const name of readdirSync(this.dir)) removeFolder(join(this.dir, name));
    for (const [name, bytes] of this.#image) writeFileSync(join(this.dir, name), damaged(bytes, random));
    const broken = await this.#startOn(`boot-${seed}`);
    this.broken.push(...broken.map((what) => `damage ${seed}: ${what}`));
  }

  finish(): void {
    removeFolder(this.dir);
  }

  async #startOn(bootId: string): Promise<string[]> {
    const broken: string[] = [];
    const startedMs = performance.now();
    const { store, alarms } = await opened(this.dir, { bootId });
    if ((await store.saveState('control', '{"soc":36}')) !== 'durable') {
      broken.push(`the state was not kept: ${JSON.stringify(alarms)}`);
    }
    store.recordPoints([{ measurement: 'new', tags: {}, fields: { value: 1 } }], at(99_000));
    const kept = await store.recordDecisions([decision('after')], at(99_000));
    if (kept !== 'durable') broken.push(`the decision was not kept: ${JSON.stringify(alarms)}`);
    const startMs = performance.now() - startedMs;
    this.longestStartMs = Math.max(this.longestStartMs, startMs);
    if (startMs > LONGEST_START_MS) broken.push(`the start took ${Math.round(startMs)} ms`);
    await store.flush();
    const lines = await drained(store);
    const strange = lines.filter((line) => !this.#allowed.has(line) && !/^(decision,|new )/.test(line));
    if (strange.length > 0) broken.push(`sent what was never recorded: ${strange.join(' | ')}`);
    if (!lines.some((line) => line.startsWith('new '))) broken.push('what is new was not sent');
    if (!isBalanced(store)) broken.push(`the books do not balance: ${JSON.stringify(store.stats())}`);
    await store.close();
    return broken;
  }
}

/** Flipped bits, a lost sector, or a torn end: what cards do. */
function damaged(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  const kind = random();
  const where = () => Math.floor(random() * copy.length);
  if (kind < 0.5) {
    for (let flips = 1 + Math.floor(random() * 4); flips > 0; flips--) {
      const byte = where();
      copy[byte] = (copy[byte] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    return copy;
  }
  const cut = where();
  if (kind < 0.8) {
    const sector = cut - (cut % 512);
    copy.fill(random() < 0.5 ? 0 : 0xff, sector, sector + 512);
    return copy;
  }
  return copy.subarray(0, cut);
}
