/**
 * The box's disk killed again and again, and held to what it promised: what was said to be committed is there after
 * every restart, nothing counts twice, the books balance. Used by the tests (a few kills) and by the torture (hundreds).
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseLine } from '../delivery/influx-stub.ts';
import { drained, isBalanced, opened, removeFolder, tempFolder } from './opened-store.ts';

const CHILD = fileURLToPath(new URL('./kill-child.ts', import.meta.url));
/** No cycle number is used twice, however far a killed process got beyond its last word. */
const GAP = 100_000;
const LONGEST_START_MS = 10_000;
const LONGEST_LIFE_MS = 60_000;

/** Seconds for a sync are no broken promise: many disks at a time can be too much for one machine. */
const SLOW_DISK = /^store-disk .*"why":"slow"/;

export type Kill =
  /** After the process has said so many things. */
  | { readonly afterWords: number }
  /** On entering its n-th write or sync of a file (strace). */
  | { readonly atCall: number };

export class KillCampaign {
  readonly dir = tempFolder();
  readonly #history = new Map<string, string>();
  readonly #decisions: number[] = [];
  #state = -1;
  #runs = 0;
  /** Promises that were broken, in words. */
  readonly broken: string[] = [];
  longestStartMs = 0;

  /** One life of the process, ended by `kill`; then looks whether everything promised so far is there. */
  async run(kill: Kill): Promise<void> {
    await this.#live(kill);
    await this.#look();
  }

  /** Drains what is left and counts everything ever taken against everything that came out. @returns how many points. */
  async finish(): Promise<number> {
    const { store } = await opened(this.dir, { bootId: 'at-last' });
    for (const line of await drained(store)) this.#history.set(keyOf(line), line);
    const { acceptedPoints, deliveredPoints, pendingPoints, droppedPoints } = store.stats();
    const counted = { acceptedPoints, deliveredPoints, pendingPoints, droppedPoints };
    const came = this.#history.size;
    if (acceptedPoints !== came || deliveredPoints !== came || pendingPoints !== 0 || droppedPoints !== 0) {
      this.broken.push(`${came} points came out, the books say ${JSON.stringify(counted)}`);
    }
    await store.close();
    removeFolder(this.dir);
    return came;
  }

  async #live(kill: Kill): Promise<void> {
    const boot = `boot-${this.#runs}`;
    const script = [CHILD, this.dir, boot, String(this.#runs++ * GAP)];
    const rule = 'atCall' in kill ? `inject=fsync,fdatasync,pwrite64:signal=SIGKILL:when=${kill.atCall}` : '';
    const strace = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fsync,fdatasync,pwrite64', '-e', rule];
    const child =
      rule === ''
        ? spawn(process.execPath, script, { stdio: ['ignore', 'pipe', 'ignore'], detached: true })
        : spawn('strace', [...strace, process.execPath, ...script], {
            stdio: ['ignore', 'pipe', 'ignore'],
            detached: true,
          });
    let rest = '';
    let words = 0;
    child.stdout.on('data', (data: Buffer) => {
      const lines = (rest + data.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.#hear(line);
        if ('afterWords' in kill && ++words === kill.afterWords) child.kill('SIGKILL');
      }
    });
    const watchdog = setTimeout(() => {
      this.broken.push(`boot ${boot} did not end`);
      if (child.pid) process.kill(-child.pid, 'SIGKILL');
    }, LONGEST_LIFE_MS);
    await new Promise((resolve) => child.on('close', resolve));
    clearTimeout(watchdog);
  }

  #hear(line: string): void {
    const [what, ...words] = line.split(' ');
    const value = words.join(' ');
    switch (what) {
      case 'ready':
        if (this.#state >= 0 && !(Number(value) >= this.#state)) {
          this.broken.push(`state ${this.#state} was promised, ${value} was loaded`);
        }
        return;
      case 'state':
        this.#state = Number(value);
        return;
      case 'decision':
        this.#decisions.push(Number(value));
        return;
      case 'sent':
        this.#history.set(keyOf(value), value);
        return;
      case 'alarm':
        if (!SLOW_DISK.test(value)) this.broken.push(`alarm: ${value}`);
    }
  }

  async #look(): Promise<void> {
    const startedMs = performance.now();
    const { store, alarms } = await opened(this.dir, { bootId: 'look' });
    const state = Number(await store.loadState('n'));
    const records = await store.readDecisions({ limit: 1_000_000 });
    const startMs = performance.now() - startedMs;
    this.longestStartMs = Math.max(this.longestStartMs, startMs);
    const outcomes = new Set(records.map(({ outcome }) => Number(outcome.slice(1))));
    const lost = this.#decisions.filter((n) => !outcomes.has(n));
    const journal = await store.verifyJournal();
    if (startMs > LONGEST_START_MS) this.broken.push(`a start took ${Math.round(startMs)} ms`);
    if (state < this.#state) this.broken.push(`state ${this.#state} was promised, ${state} is there`);
    if (lost.length > 0) this.broken.push(`decisions ${lost} were promised and are gone`);
    if (outcomes.size !== records.length) this.broken.push('a decision is there twice');
    if (!journal.ok) this.broken.push(`the journal's chain: ${journal.why}`);
    if (!isBalanced(store)) this.broken.push(`the books do not balance: ${JSON.stringify(store.stats())}`);
    for (const { code, params } of alarms) {
      const alarm = `${code} ${JSON.stringify(params)}`;
      if (!SLOW_DISK.test(alarm)) this.broken.push(`alarm: ${alarm}`);
    }
    await store.close();
  }
}

function keyOf(line: string): string {
  const parsed = parseLine(line);
  return `${parsed?.series} ${parsed?.time}`;
}
