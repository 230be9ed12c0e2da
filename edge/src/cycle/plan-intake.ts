/**
 * The plan the box holds: `plan.json` in its data directory, put there by whoever makes plans (`edge plan --set`,
 * checked there and here again). It is looked at every few seconds, so that a new one counts without a restart and
 * survives one. Whether it is followed is rule 9's and the plan policy's business.
 */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseMessage } from '@wattward/broker/wire/message';
import type { Plan as WirePlan } from '@wattward/broker/wire/plan';
import type { Plan } from '../core/plan.ts';

export interface PlanIntakeOptions {
  readonly dataDir: string;
  readonly siteId: string;
  /** Another plan holds now, or none. */
  readonly onPlan: (plan: WirePlan | null) => void;
  readonly onProblem: (problem: string) => void;
}

/** Real milliseconds between two looks. */
const LOOK_EVERY_MS = 2_000;

export function planFileOf(dataDir: string): string {
  return path.join(dataDir, 'plan.json');
}

export type CheckedPlan =
  | { readonly ok: true; readonly plan: WirePlan }
  | { readonly ok: false; readonly problem: string };

/** Reads a plan for `siteId`, or says what is wrong with it. */
export function checkedPlan(text: string, siteId: string): CheckedPlan {
  const parsed = parseMessage('sitePlan', text);
  if (!parsed.ok) return parsed;
  if (parsed.message.site === siteId) return { ok: true, plan: parsed.message };
  return { ok: false, problem: `it is for the site "${parsed.message.site}", not for "${siteId}"` };
}

export class PlanIntake {
  readonly #options: PlanIntakeOptions;
  readonly #file: string;
  #seen = '';
  #told: WirePlan | null = null;
  #plan: Plan | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PlanIntakeOptions) {
    this.#options = options;
    this.#file = planFileOf(options.dataDir);
  }

  /** As it was told; null when there is none. */
  get told(): WirePlan | null {
    return this.#told;
  }

  /** As rule 9 reads it. The same object while nothing changes. */
  get plan(): Plan | null {
    return this.#plan;
  }

  /** Takes up what is there, and goes on looking. */
  async start(): Promise<void> {
    await this.look();
    this.#timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async look(): Promise<void> {
    const found = await stat(this.#file).catch(() => null);
    const seen = found ? `${found.mtimeMs} ${found.size} ${found.ino}` : '';
    if (seen === this.#seen) return;
    this.#seen = seen;
    const text = found ? await readFile(this.#file, 'utf8').catch(() => null) : null;
    if (text === null) return this.#take(null);
    const checked = checkedPlan(text, this.#options.siteId);
    if (checked.ok) this.#take(checked.plan);
    else {
      this.#options.onProblem(checked.problem);
      this.#take(null);
    }
  }

  #take(told: WirePlan | null): void {
    if (told === null && this.#told === null) return;
    this.#told = told;
    this.#plan = told && corePlan(told);
    this.#options.onPlan(told);
  }
}

/** From the wire's instants to milliseconds. */
export function corePlan(plan: WirePlan): Plan {
  return {
    id: plan.id,
    issuedAtMs: Date.parse(plan.issued),
    expiresAtMs: Date.parse(plan.expires),
    slots: plan.slots.map(({ start, end, ...slot }) => ({
      startMs: Date.parse(start),
      endMs: Date.parse(end),
      ...slot,
    })),
  };
}
