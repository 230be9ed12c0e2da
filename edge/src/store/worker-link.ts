/**
 * The way to the store's worker thread, with its death in mind: calls that a dead worker owes are answered with their
 * fall-back, a new worker is started after a growing wait, and the box goes on controlling meanwhile.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { KeeperStats } from '../record/keeper.ts';
import type { StoreAlarm } from '../record/store.ts';
import { StartError } from '../start-error.ts';
import type { KeeperFolder } from './open-keeper.ts';
import type { Call, CallArgs, CallMethod, CallValue, FromWorker } from './worker-messages.ts';

const MAX_RESTART_WAIT_MS = 60_000;

/** In a bundle the worker is a file of its own next to it. */
const WORKER_URL = new URL(
  import.meta.url.endsWith('.ts') ? './worker.ts' : './store-worker.js',
  import.meta.url,
);

interface Owed {
  readonly fallback: unknown;
  readonly resolve: (value: unknown) => void;
}

export interface WorkerLinkOptions {
  readonly keeper: KeeperFolder;
  readonly onStats: (stats: KeeperStats) => void;
  readonly onAlarm: (alarm: StoreAlarm) => void;
  /** A new worker stands in for a dead one. */
  readonly onRestart: () => void;
}

export class WorkerLink {
  readonly #options: WorkerLinkOptions;
  readonly #owed = new Map<number, Owed>();
  #worker: Worker | null = null;
  #nextId = 1;
  #restarts = 0;
  #restartTimer: NodeJS.Timeout | null = null;
  #isClosing = false;

  constructor(options: WorkerLinkOptions) {
    this.#options = options;
  }

  /** Calls not yet answered. */
  get owed(): number {
    return this.#owed.size;
  }

  get isRunning(): boolean {
    return this.#worker !== null;
  }

  /** Resolves when the worker takes calls. @throws StartError when it ends before. */
  start(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(WORKER_URL, { workerData: this.#options.keeper, name: 'store' });
      this.#worker = worker;
      let isReady = false;
      let why = '';
      worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') {
          isReady = true;
          resolve();
        } else this.#take(message);
      });
      worker.on('error', (error: Error) => {
        why = error.message;
      });
      worker.on('exit', () => {
        if (isReady) this.#died(worker, why);
        else reject(notStarted(this.#options.keeper.dir, why));
      });
    });
  }

  call<M extends CallMethod>(method: M, args: CallArgs<M>, fallback: CallValue<M>): Promise<CallValue<M>> {
    const worker = this.#worker;
    if (!worker) return Promise.resolve(fallback);
    return new Promise((resolve) => {
      const id = this.#nextId++;
      this.#owed.set(id, { fallback, resolve: (value) => resolve(value as CallValue<M>) });
      worker.postMessage({ id, method, args } satisfies Call);
    });
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    if (this.#restartTimer) clearTimeout(this.#restartTimer);
    const worker = this.#worker;
    if (!worker) return;
    const exited = new Promise((resolve) => worker.once('exit', resolve));
    await this.call('close', [], undefined);
    await exited;
  }

  #take(message: FromWorker): void {
    switch (message.kind) {
      case 'answer': {
        const owed = this.#owed.get(message.id);
        this.#owed.delete(message.id);
        owed?.resolve(message.value);
        return;
      }
      case 'stats':
        this.#restarts = 0;
        this.#options.onStats(message.stats);
        return;
      case 'alarm':
        this.#options.onAlarm(message.alarm);
        return;
      case 'ready':
        return;
    }
  }

  #died(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = null;
    for (const { resolve, fallback } of this.#owed.values()) resolve(fallback);
    this.#owed.clear();
    if (this.#isClosing) return;
    this.#options.onAlarm({ code: 'store-worker', severity: 'alarm', params: { why } });
    this.#restartLater();
  }

  #restartLater(): void {
    const waitMs = Math.min(MAX_RESTART_WAIT_MS, 500 * 2 ** this.#restarts++);
    this.#restartTimer = setTimeout(() => {
      this.start().then(
        () => this.#options.onRestart(),
        () => {
          this.#worker = null;
          if (!this.#isClosing) this.#restartLater();
        },
      );
    }, waitMs);
    this.#restartTimer.unref();
  }
}

function notStarted(dir: string, why: string): StartError {
  const script = fileURLToPath(WORKER_URL);
  if (existsSync(script)) {
    const remedy = `Let the user of this process write ${dir}, on a disk with room; if it stays, report it with this message.`;
    return new StartError('store-not-started', `the store in ${dir} did not start: ${why}`, remedy);
  }
  const remedy = 'Copy the whole folder of the bundle again.';
  return new StartError('module-missing', `the worker of the store is not there: ${script}`, remedy);
}
