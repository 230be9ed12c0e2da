/** Makes a failing run small: fault classes that are not needed for the same violation are left out, one by one. */
import { FAULT_CLASSES, type FaultClass } from './faults.ts';
import { runSeed } from './run-seed.ts';

export interface Shrunk {
  readonly seed: number;
  readonly invariant: string;
  readonly classes: readonly FaultClass[];
  /** Days that are enough to see it. */
  readonly days: number;
}

const DAY_MS = 86_400_000;

export async function shrink(seed: number, days: number, invariant: string): Promise<Shrunk> {
  const fails = async (classes: readonly FaultClass[], span: number) => {
    const { violations } = await runSeed({ seed, days: span, only: classes, eager: true });
    return violations.some((v) => v.invariant === invariant);
  };
  let classes: readonly FaultClass[] = FAULT_CLASSES;
  let span = days;
  for (const kind of FAULT_CLASSES) {
    const without = classes.filter((other) => other !== kind);
    if (await fails(without, span)) classes = without;
  }
  const first = await runSeed({ seed, days: span, only: classes, eager: true });
  span = Math.min(span, (first.cycles * 1000 + 1000) / DAY_MS);
  return { seed, invariant, classes, days: span };
}
