import type { KeeperStats } from '../record/keeper.ts';
import type {
  Durability,
  MinuteSummary,
  Point,
  Stamp,
  Store,
  StoreOptions,
  StoreStats,
} from '../record/store.ts';
import { WorkerLink } from './worker-link.ts';
import type { CallMethod } from './worker-messages.ts';

const DEFAULT_COMMIT_EVERY_MS = 50_000;
/** Calls the disk may owe before snapshots, and then points, are given up (and counted): memory is bounded. */
const MAX_OWED_SNAPSHOTS = 500;
const MAX_OWED_POINTS = 2000;

const NO_STATS: StoreStats = {
  acceptedPoints: 0,
  deliveredPoints: 0,
  pendingPoints: 0,
  thinnedPoints: 0,
  droppedPoints: 0,
  quarantinedPoints: 0,
  pendingBytes: 0,
  oldestAgeS: 0,
  bufferedPoints: 0,
  pendingEvents: 0,
  diskOk: true,
};

/** Opens (or makes) the two databases in a worker thread. Resolves when state can be loaded. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = new ThreadedStore(options);
  await store.start();
  return store;
}

class ThreadedStore implements Store {
  readonly #link: WorkerLink;
  readonly #options: StoreOptions;
  readonly #listeners = new Set<() => void>();
  /** Last saved state by key, while it may not be on the disk. */
  readonly #unsaved = new Map<string, string>();
  #stats: KeeperStats = { ...NO_STATS, resolvedPoints: 0, oldestMs: null };
  #wallMs: number | null = null;
  #sentPoints = 0;
  #lostPoints = 0;
  #isOverloaded = false;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#link = new WorkerLink({
      keeper: {
        dir: options.dir,
        site: options.site,
        bootId: options.bootId,
        commitEveryMs: options.commitEveryMs ?? DEFAULT_COMMIT_EVERY_MS,
        bounds: options.bounds ?? {},
      },
      onStats: (stats) => this.#take(stats),
      onAlarm: (alarm) => {
        if (alarm.code === 'store-worker') this.#countDead();
        options.onAlarm(alarm);
      },
      onRestart: () => this.#restarted(),
    });
  }

  start(): Promise<void> {
    return this.#link.start();
  }

  async loadState(key: string): Promise<string | null> {
    return this.#unsaved.get(key) ?? (await this.#link.call('loadState', [key], null));
  }

  async saveState(key: string, json: string): Promise<Durability> {
    this.#unsaved.set(key, json);
    const durability = await this.#link.call('saveState', [key, json], 'memory');
    if (durability === 'durable' && this.#unsaved.get(key) === json) this.#unsaved.delete(key);
    return durability;
  }

  recordPoints(points: readonly Point[], at: Stamp): void {
    this.#wallMs = at.wallMs;
    if (points.length === 0) return;
    if (!this.#link.isRunning || this.#isFull('points', MAX_OWED_POINTS)) {
      this.#lostPoints += points.length;
      return;
    }
    this.#reportLost();
    this.#sentPoints += points.length;
    this.#send('recordPoints', [points, at]);
  }

  recordSnapshot(json: string, at: Stamp): void {
    this.#wallMs = at.wallMs;
    if (this.#isFull('snapshots', MAX_OWED_SNAPSHOTS)) return;
    this.#send('recordSnapshot', [json, at]);
  }

  recordMinute(summary: MinuteSummary, at: Stamp): void {
    void this.#link.call('recordMinute', [summary, at], undefined);
  }

  recordSlot: Store['recordSlot'] = (slot, at) => {
    void this.#link.call('recordSlot', [slot, at], undefined);
  };

  recordDecisions: Store['recordDecisions'] = (decisions, at) =>
    this.#link.call('recordDecisions', [decisions, at], 'memory');

  recordEvent: Store['recordEvent'] = (event, at) => this.#link.call('recordEvent', [event, at], 'memory');

  pendingEvents: Store['pendingEvents'] = (limit) => this.#link.call('pendingEvents', [limit], []);

  ackEvent: Store['ackEvent'] = (seq) => this.#link.call('ackEvent', [seq], undefined);

  nextBatch: Store['nextBatch'] = (wish) => this.#link.call('nextBatch', [wish], null);

  settleBatch: Store['settleBatch'] = (id, outcome) =>
    this.#link.call('settleBatch', [id, outcome], undefined);

  readDecisions: Store['readDecisions'] = (query) => this.#link.call('readDecisions', [query], []);

  verifyJournal: Store['verifyJournal'] = () =>
    this.#link.call('verifyJournal', [], { ok: false, firstBadSeq: 0, why: 'the store is not running' });

  readSnapshots: Store['readSnapshots'] = (fromMs, toMs) =>
    this.#link.call('readSnapshots', [fromMs, toMs], []);

  nextSnapshots: Store['nextSnapshots'] = (...args) => this.#link.call('nextSnapshots', args, null);

  readMinutes: Store['readMinutes'] = (...args) => this.#link.call('readMinutes', args, []);

  readSlots: Store['readSlots'] = (...args) => this.#link.call('readSlots', args, []);

  verifyMinutes: Store['verifyMinutes'] = () =>
    this.#link.call('verifyMinutes', [], { ok: false, firstBadSeq: 0, why: 'the store is not running' });

  flush: Store['flush'] = () => this.#link.call('flush', [], 'memory');

  close(): Promise<void> {
    this.#reportLost();
    return this.#link.close();
  }

  stats(): StoreStats {
    const { oldestMs, resolvedPoints, ...stats } = this.#stats;
    const nowMs = this.#wallMs ?? oldestMs ?? 0;
    return {
      ...stats,
      bufferedPoints: Math.max(0, this.#sentPoints - resolvedPoints),
      oldestAgeS: oldestMs === null ? 0 : Math.max(0, (nowMs - oldestMs) / 1000),
    };
  }

  onCommit(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #send(method: CallMethod & ('recordPoints' | 'recordSnapshot'), args: readonly unknown[]): void {
    void this.#link.call(method, args as never, undefined);
  }

  #take(stats: KeeperStats): void {
    const hasNew = stats.acceptedPoints > this.#stats.acceptedPoints;
    this.#stats = stats;
    if (hasNew) for (const listener of this.#listeners) listener();
  }

  #isFull(what: string, limit: number): boolean {
    const isFull = this.#link.owed >= limit;
    if (isFull && !this.#isOverloaded) {
      this.#options.onAlarm({ code: 'store-overload', severity: 'alarm', params: { what } });
    }
    this.#isOverloaded = isFull || (this.#isOverloaded && this.#link.owed > 0);
    return isFull;
  }

  /** What the dead worker had taken and not committed is lost. */
  #countDead(): void {
    this.#lostPoints += Math.max(0, this.#sentPoints - this.#stats.resolvedPoints);
    this.#sentPoints = 0;
    this.#stats = { ...this.#stats, resolvedPoints: 0, bufferedPoints: 0 };
  }

  #restarted(): void {
    for (const [key, json] of this.#unsaved) void this.saveState(key, json);
    this.#reportLost();
  }

  #reportLost(): void {
    if (this.#lostPoints === 0) return;
    void this.#link.call('countLost', [this.#lostPoints], undefined);
    this.#lostPoints = 0;
  }
}
