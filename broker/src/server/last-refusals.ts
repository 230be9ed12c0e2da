/**
 * Why each identity was last refused, for whoever sets it up: `user list` shows it.
 *
 * The device itself says at most "not authorised", and a log has scrolled on by the time somebody looks. The list
 * lies as `refusals.json` beside the credentials, holds known identities only, one refusal each, and is written
 * seldom: what a device says again and again wears out no flash.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import { writePrivateFile } from '../access/credentials-file.ts';
import { REFUSALS, type Refusal } from './refusals.ts';

export const REFUSALS_FILE = 'refusals.json';

const refusalSchema = z.object({
  at: z.iso.datetime(),
  address: z.string(),
  why: z.string(),
  /** What was wrong as it was sent: a client id, a topic. */
  sent: z.string().optional(),
});
const fileSchema = z.object({ v: z.literal(1), refusals: z.record(z.string(), refusalSchema) });

export type LastRefusal = z.infer<typeof refusalSchema>;

const MAX_IDENTITIES = 4_096;
const MAX_SENT_CHARACTERS = 100;
const WRITE_EVERY_MS = 10_000;
/** The same refusal again is written only after this time. */
const SAME_AGAIN_MS = 600_000;

export class LastRefusals {
  readonly #dataDir: string | undefined;
  readonly #onProblem: (error: unknown) => void;
  readonly #byId = new Map<string, LastRefusal>();
  #writtenAtMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> = Promise.resolve();

  private constructor(dataDir: string | undefined, onProblem: (error: unknown) => void) {
    this.#dataDir = dataDir;
    this.#onProblem = onProblem;
  }

  /** With what an earlier run has left in `dataDir`; without one they live in memory only. */
  static async open(dataDir: string | undefined, onProblem: (error: unknown) => void): Promise<LastRefusals> {
    const refusals = new LastRefusals(dataDir, onProblem);
    if (!dataDir) return refusals;
    for (const [id, refusal] of await readLastRefusals(dataDir)) refusals.#byId.set(id, refusal);
    return refusals;
  }

  /** `id` is an identity of this broker. */
  note(
    id: string,
    refusal: { readonly why: Refusal; readonly address: string; readonly sent?: string },
  ): void {
    const now = new Date();
    const before = this.#byId.get(id);
    const sent = refusal.sent?.slice(0, MAX_SENT_CHARACTERS);
    const same = before?.why === refusal.why && before.address === refusal.address && before.sent === sent;
    if (same && now.getTime() - Date.parse(before.at) < SAME_AGAIN_MS) return;
    this.#byId.delete(id);
    this.#byId.set(id, {
      at: now.toISOString(),
      address: refusal.address,
      why: refusal.why,
      ...(sent === undefined ? {} : { sent }),
    });
    const [oldest] = this.#byId.keys();
    if (this.#byId.size > MAX_IDENTITIES && oldest !== undefined) this.#byId.delete(oldest);
    this.#writeSoon();
  }

  forget(id: string): void {
    if (this.#byId.delete(id)) this.#writeSoon();
  }

  /** Writes what is not written yet. */
  async close(): Promise<void> {
    if (this.#timer) this.#write();
    await this.#writing;
  }

  #writeSoon(): void {
    if (!this.#dataDir || this.#timer) return;
    const waitMs = Math.max(0, this.#writtenAtMs + WRITE_EVERY_MS - performance.now());
    this.#timer = setTimeout(() => this.#write(), waitMs);
    this.#timer.unref();
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writtenAtMs = performance.now();
    const file = path.join(this.#dataDir ?? '', REFUSALS_FILE);
    this.#writing = this.#writing
      .then(() => {
        const text = JSON.stringify({ v: 1, refusals: Object.fromEntries(this.#byId) });
        return writePrivateFile(file, `${text}\n`);
      })
      .catch(this.#onProblem);
  }
}

/** The last refusal of each identity; none when there is no list, or none that can be read. */
export async function readLastRefusals(dataDir: string): Promise<ReadonlyMap<string, LastRefusal>> {
  try {
    const text = await readFile(path.join(dataDir, REFUSALS_FILE), 'utf8');
    return new Map(Object.entries(fileSchema.parse(JSON.parse(text)).refusals));
  } catch {
    return new Map();
  }
}

/** One line for a person; what the client sent is escaped, so that it cannot write to the terminal. */
export function refusalSentence({ at, address, why, sent }: LastRefusal): string {
  const sentence = Object.entries(REFUSALS).find(([name]) => name === why)?.[1] ?? why;
  const what = sent === undefined ? '' : ` (it sent ${asciiJson(sent)})`;
  return `last refused ${at} from ${address}: ${sentence}${what}`;
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
