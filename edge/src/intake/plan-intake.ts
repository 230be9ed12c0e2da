/**
 * The plan the box holds, checked again as it comes in: it counts without a restart. Whether it is followed is rule 9's
 * and the plan policy's business; where it lies is the caller's (`plan.json` in the data directory).
 */
import { parseMessage } from '@wattward/broker/wire/message';
import type { Plan as WirePlan } from '@wattward/broker/wire/plan';
import type { Plan } from '../core/plan.ts';

export interface PlanIntakeOptions {
  readonly siteId: string;
  /** Another plan holds now, or none. */
  readonly onPlan: (plan: WirePlan | null) => void;
  readonly onProblem: (problem: string) => void;
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
  #told: WirePlan | null = null;
  #plan: Plan | null = null;

  constructor(options: PlanIntakeOptions) {
    this.#options = options;
  }

  /** As it was told; null when there is none. */
  get told(): WirePlan | null {
    return this.#told;
  }

  /** As rule 9 reads it. The same object while nothing changes. */
  get plan(): Plan | null {
    return this.#plan;
  }

  /** Another text lies where plans are put, or none. One that cannot be read ends the plan before it. */
  offer(text: string | null): void {
    const checked = text === null ? null : checkedPlan(text, this.#options.siteId);
    if (checked && !checked.ok) this.#options.onProblem(checked.problem);
    this.#take(checked?.ok ? checked.plan : null);
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
