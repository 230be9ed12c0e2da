/** `plan.json` in the data directory: looked at every few seconds, so that a new plan needs no restart and survives one. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';

/** Real milliseconds between two looks. */
const LOOK_EVERY_MS = 2_000;

export function planFileOf(dataDir: string): string {
  return path.join(dataDir, 'plan.json');
}

export class PlanFile {
  readonly #file: string;
  readonly #offer: (text: string | null) => void;
  #seen = '';
  #timer: NodeJS.Timeout | undefined;

  /** @param offer is given its text when that has changed; null when there is none that can be read. */
  constructor(dataDir: string, offer: (text: string | null) => void) {
    this.#file = planFileOf(dataDir);
    this.#offer = offer;
  }

  /** Takes up what is there, and goes on looking. */
  async start(): Promise<void> {
    await this.#look();
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const found = await stat(this.#file).catch(() => null);
    const seen = found ? `${found.mtimeMs} ${found.size} ${found.ino}` : '';
    if (seen === this.#seen) return;
    this.#seen = seen;
    this.#offer(found ? await readFile(this.#file, 'utf8').catch(() => null) : null);
  }
}
