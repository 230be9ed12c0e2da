/** Which faults hold at this moment, drawn as time goes on: each class from a stream of its own. */
import { FAULT_CLASSES, type FaultClass, type FaultPlan, streamOf } from './faults.ts';
import type { Random } from './random.ts';

interface Sky {
  readonly kind: FaultClass;
  readonly on: boolean;
  readonly rate: number;
  readonly spellsPerHour: number;
  readonly spellMs: number;
  readonly random: Random;
  untilMs: number;
  nextMs: number;
  count: number;
}

export interface Spell {
  readonly holds: boolean;
  /** In its first moment. */
  readonly began: boolean;
}

const CALM: Spell = { holds: false, began: false };
const HOLDS: Spell = { holds: true, began: false };
const BEGAN: Spell = { holds: true, began: true };

export class FaultWeather {
  readonly #skies: Readonly<Record<FaultClass, Sky>>;
  #healed = false;

  constructor(plan: FaultPlan, seed: number, startMs: number) {
    const skies: Partial<Record<FaultClass, Sky>> = {};
    for (const kind of FAULT_CLASSES) {
      const sky: Sky = {
        kind,
        on: plan.on.has(kind),
        rate: plan.rate[kind],
        spellsPerHour: plan.spellsPerHour[kind],
        spellMs: plan.spellMs[kind],
        random: streamOf(seed, kind, 0x5bd1e995),
        untilMs: 0,
        nextMs: 0,
        count: 0,
      };
      sky.nextMs = startMs + waitMs(sky);
      skies[kind] = sky;
    }
    this.#skies = skies as Record<FaultClass, Sky>;
  }

  get counts(): Readonly<Record<string, number>> {
    const struck = Object.values(this.#skies).filter(({ count }) => count > 0);
    return Object.fromEntries(struck.map(({ kind, count }) => [kind, count]));
  }

  /** From here on nothing fails any more. */
  heal(): void {
    this.#healed = true;
  }

  /** This seed has the class at all, and it is not over. */
  isOn(kind: FaultClass): boolean {
    return !this.#healed && this.#skies[kind].on;
  }

  /** A class that holds for a whole run: counted once. */
  forGood(kind: FaultClass): boolean {
    const on = this.isOn(kind);
    if (on) this.#skies[kind].count += 1;
    return on;
  }

  spell(kind: FaultClass, nowMs: number): Spell {
    const sky = this.#skies[kind];
    if (this.#healed || !sky.on || sky.spellsPerHour === 0) return CALM;
    if (nowMs < sky.untilMs) return HOLDS;
    if (nowMs < sky.nextMs) return CALM;
    const lengthMs = sky.spellMs * sky.random.between(0.3, 2);
    sky.untilMs = nowMs + lengthMs;
    sky.nextMs = sky.untilMs + waitMs(sky);
    sky.count += 1;
    return BEGAN;
  }

  /** Strikes this single read or message. */
  strikes(kind: FaultClass): boolean {
    const sky = this.#skies[kind];
    if (this.#healed || !sky.on || !sky.random.chance(sky.rate)) return false;
    sky.count += 1;
    return true;
  }

  /** Further numbers of a fault that holds. */
  draw(kind: FaultClass): Random {
    return this.#skies[kind].random;
  }
}

function waitMs({ spellsPerHour, random }: Sky): number {
  if (spellsPerHour === 0) return Number.POSITIVE_INFINITY;
  return (-Math.log(1 - random.next()) / spellsPerHour) * 3_600_000;
}
