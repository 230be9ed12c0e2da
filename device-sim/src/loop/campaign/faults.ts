/**
 * What can go wrong, as a table. A seed turns each class on or off (swarm testing: fewer kinds at once go deeper),
 * then draws its rates. Faults that come in spells last for a while; the others strike single messages or reads.
 */
import { Random } from './random.ts';

export const FAULT_CLASSES = [
  'meter-timeout',
  'meter-exception',
  'meter-frozen',
  'meter-not-available',
  'meter-spike',
  'inverter-timeout',
  'inverter-frozen',
  'link-loss',
  'link-delay',
  'link-repeat',
  'board-reboot',
  'box-kill',
  'clock-untrusted',
  'grid-outage',
  'button',
  'surge',
] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

export interface FaultPlan {
  readonly on: ReadonlySet<FaultClass>;
  /** Probability per read or message. */
  readonly rate: Readonly<Record<FaultClass, number>>;
  /** Mean spells per hour, and their mean length, for classes that come in spells. */
  readonly spellsPerHour: Readonly<Record<FaultClass, number>>;
  readonly spellMs: Readonly<Record<FaultClass, number>>;
}

const RATES: Readonly<Record<FaultClass, readonly [number, number]>> = {
  'meter-timeout': [0.001, 0.2],
  'meter-exception': [0.001, 0.05],
  'meter-frozen': [0, 0],
  'meter-not-available': [0.0001, 0.01],
  'meter-spike': [0.0001, 0.01],
  'inverter-timeout': [0.001, 0.2],
  'inverter-frozen': [0, 0],
  'link-loss': [0.01, 0.3],
  'link-delay': [0.01, 0.3],
  'link-repeat': [0.01, 0.5],
  'board-reboot': [0, 0],
  'box-kill': [0, 0],
  'clock-untrusted': [0, 0],
  'grid-outage': [0, 0],
  button: [0, 0],
  surge: [0, 0],
};

const SPELLS: Readonly<Partial<Record<FaultClass, readonly [number, number, number, number]>>> = {
  'meter-timeout': [0.05, 1, 5_000, 1_800_000],
  'meter-frozen': [0.05, 0.5, 60_000, 3_600_000],
  'inverter-timeout': [0.05, 1, 5_000, 1_800_000],
  'inverter-frozen': [0.02, 0.3, 60_000, 1_800_000],
  'link-loss': [0.05, 1, 5_000, 600_000],
  'board-reboot': [0.05, 3, 1_000, 60_000],
  'box-kill': [0.02, 0.5, 1_000, 900_000],
  'clock-untrusted': [0.02, 0.2, 60_000, 3_600_000],
  'grid-outage': [0.05, 0.5, 10_000, 3_600_000],
  button: [0.05, 0.5, 1_000, 20_000],
  surge: [0.3, 3, 20_000, 2_400_000],
};

/** The plan of a seed. `only` keeps the classes named, for shrinking. */
export function drawPlan(seed: number, only: readonly FaultClass[] = FAULT_CLASSES): FaultPlan {
  const random = new Random(seed);
  const on = new Set<FaultClass>();
  const rate: Partial<Record<FaultClass, number>> = {};
  const spellsPerHour: Partial<Record<FaultClass, number>> = {};
  const spellMs: Partial<Record<FaultClass, number>> = {};
  for (const kind of FAULT_CLASSES) {
    // Every number is drawn whether its class is on or not: leaving one out changes no other.
    const enabled = random.chance(0.5);
    const [min, max] = RATES[kind];
    const [few = 0, many = 0, short = 0, long = 0] = SPELLS[kind] ?? [];
    rate[kind] = max > 0 ? random.spread(min, max) : 0;
    spellsPerHour[kind] = many > 0 ? random.spread(few, many) : 0;
    spellMs[kind] = long > 0 ? random.spread(short, long) : 0;
    if (enabled && only.includes(kind)) on.add(kind);
  }
  return {
    on,
    rate: rate as Record<FaultClass, number>,
    spellsPerHour: spellsPerHour as Record<FaultClass, number>,
    spellMs: spellMs as Record<FaultClass, number>,
  };
}

/** Which faults hold at this moment. */
export class FaultWeather {
  readonly #plan: FaultPlan;
  readonly #random: Random;
  readonly #until = new Map<FaultClass, number>();
  readonly #next = new Map<FaultClass, number>();
  readonly counts = new Map<FaultClass, number>();
  #healed = false;

  constructor(plan: FaultPlan, seed: number, startMs: number) {
    this.#plan = plan;
    this.#random = new Random(seed ^ 0x5bd1e995);
    for (const kind of FAULT_CLASSES) this.#next.set(kind, startMs + this.#wait(kind));
  }

  /** From here on nothing fails any more. */
  heal(): void {
    this.#healed = true;
  }

  /** In a spell right now; `began` in its first moment. */
  spell(kind: FaultClass, nowMs: number): { readonly holds: boolean; readonly began: boolean } {
    if (this.#healed || !this.#plan.on.has(kind) || this.#plan.spellsPerHour[kind] === 0) return CALM;
    if (nowMs < (this.#until.get(kind) ?? 0)) return { holds: true, began: false };
    if (nowMs < (this.#next.get(kind) ?? 0)) return CALM;
    const lengthMs = this.#plan.spellMs[kind] * this.#random.between(0.3, 2);
    this.#until.set(kind, nowMs + lengthMs);
    this.#next.set(kind, nowMs + lengthMs + this.#wait(kind));
    this.#count(kind);
    return { holds: true, began: true };
  }

  /** Strikes this single read or message. */
  strikes(kind: FaultClass): boolean {
    if (this.#healed || !this.#plan.on.has(kind) || !this.#random.chance(this.#plan.rate[kind])) return false;
    this.#count(kind);
    return true;
  }

  draw(): Random {
    return this.#random;
  }

  #count(kind: FaultClass): void {
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1);
  }

  #wait(kind: FaultClass): number {
    const perHour = this.#plan.spellsPerHour[kind];
    return perHour > 0
      ? (-Math.log(1 - this.#random.next()) / perHour) * 3_600_000
      : Number.POSITIVE_INFINITY;
  }
}

const CALM = { holds: false, began: false } as const;
