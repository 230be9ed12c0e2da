/**
 * What the measured test of one relay shows. Pure: numbers in, named faults out.
 *
 * Three times the load is switched on and off while the phases of the house are watched. The step of the declared
 * phase must be 70 % of the nameplate or more; what appears on another phase, with the wrong sign, for another load
 * or not at all names the wiring fault. A step counts when it is well above the noise of the house, so the noise is
 * measured first. Phase powers are the house's own: import +, so a load's step is positive.
 */
import { STANDARD_COMMANDS } from '../core/command-settings.ts';

export type Phase = 'L1' | 'L2' | 'L3' | 'all';

/** What the installer says hangs on a relay. */
export interface Assignment {
  readonly channel: number;
  /** Id of the load. */
  readonly load: string;
  readonly name: string;
  readonly nominalPowerW: number;
  readonly phase: Phase;
  readonly kind: 'interruptible' | 'program' | 'compressor' | 'ev';
  readonly leaseS: number;
  /** The relay switches a contactor or an enabling contact, not the load itself. */
  readonly contactor?: boolean | undefined;
}

/** Watts of L1, L2, L3 (or of L1 alone). */
export type PhasesW = readonly number[];

export interface Repeat {
  /** Largest deviation from the mean before the switching, watts. */
  readonly noiseW: number;
  readonly baseW: PhasesW;
  readonly onW: PhasesW;
  readonly offW: PhasesW;
  /** Until the board said so; null when it did not. */
  readonly echoOnMs: number | null;
  readonly echoOffMs: number | null;
}

export const FAULTS = [
  'no-echo',
  'noisy',
  'welded',
  'no-power',
  'wrong-phase',
  'reversed-transformer',
  'swapped-relays',
  'wrong-power',
] as const;
export type FaultCode = (typeof FAULTS)[number];

export interface Fault {
  readonly code: FaultCode;
  readonly text: string;
}

export interface TestResult {
  readonly channel: number;
  readonly load: string;
  readonly passed: boolean;
  readonly atIso: string;
  readonly faults: readonly Fault[];
  readonly repeats: readonly Repeat[];
}

export const ENOUGH = 0.7;
const TOO_MUCH = 1.4;
const HALF_OFF = 0.3;

/**
 * @param others what hangs on the other relays of the house, for wires that were swapped
 * @param longestEchoMs limit of an echo; longer only where the box itself runs slower than once a second
 */
export function judge(
  own: Assignment,
  repeats: readonly Repeat[],
  others: readonly Assignment[],
  longestEchoMs = STANDARD_COMMANDS.echoMs,
): readonly Fault[] {
  for (const [i, repeat] of repeats.entries()) {
    const fault = judgeOne(own, repeat, others, longestEchoMs);
    if (fault) return [{ ...fault, text: `${fault.text} (try ${i + 1} of ${repeats.length})` }];
  }
  return [];
}

function judgeOne(
  own: Assignment,
  repeat: Repeat,
  others: readonly Assignment[],
  longestEchoMs: number,
): Fault | null {
  const { echoOnMs, echoOffMs, noiseW } = repeat;
  const what = `relay ${own.channel} ("${own.name}")`;
  if (echoOnMs === null || echoOnMs > longestEchoMs || echoOffMs === null || echoOffMs > longestEchoMs) {
    const late = echoOnMs === null || echoOffMs === null ? 'did not confirm' : 'confirmed too late';
    return { code: 'no-echo', text: `the board ${late} the switching of ${what}: check its power and Wi-Fi` };
  }
  const steps = repeat.onW.map((onW, i) => onW - (repeat.baseW[i] ?? 0));
  const found = judgeStep(own, steps, repeat, others);
  if (found) return found;
  const left = repeat.offW.map((offW, i) => offW - (repeat.baseW[i] ?? 0));
  const leftW = sumOf(own.phase, left);
  if (leftW > HALF_OFF * own.nominalPowerW + noiseW) {
    return {
      code: 'welded',
      text: `${what} is off, yet ${watts(leftW)} go on flowing: its contact is welded`,
    };
  }
  return null;
}

function judgeStep(
  own: Assignment,
  steps: PhasesW,
  repeat: Repeat,
  others: readonly Assignment[],
): Fault | null {
  const what = `relay ${own.channel} ("${own.name}")`;
  const { nominalPowerW } = own;
  if (repeat.noiseW > 0.5 * nominalPowerW) {
    return {
      code: 'noisy',
      text: `the house itself varies by ${watts(repeat.noiseW)}, too much to see ${watts(nominalPowerW)}: switch large appliances off and repeat`,
    };
  }
  if (fits(own, steps)) return null;
  const swapped = others.find((other) => other.channel !== own.channel && fits(other, steps));
  if (swapped) {
    return {
      code: 'swapped-relays',
      text: `${what} switched what belongs to relay ${swapped.channel} ("${swapped.name}", ${watts(swapped.nominalPowerW)} on ${swapped.phase}): the wires of the two are swapped`,
    };
  }
  const mirrored = steps.map((stepW, i) => (declared(own.phase, i) ? Math.abs(stepW) : stepW));
  const reversed = steps.flatMap((stepW, i) => (stepW < -HALF_OFF * share(own) ? [`L${i + 1}`] : []));
  if (reversed.length > 0 && (fits(own, mirrored) || own.phase !== 'all')) {
    return {
      code: 'reversed-transformer',
      text: `the power of ${reversed.join(' and ')} fell when ${what} switched on: the current transformer there is reversed`,
    };
  }
  const elsewhere = steps.flatMap((stepW, i) =>
    !declared(own.phase, i) && stepW >= ENOUGH * nominalPowerW ? [`L${i + 1}`] : [],
  );
  if (elsewhere.length > 0) {
    return {
      code: 'wrong-phase',
      text: `${what} hangs on ${elsewhere.join(', ')}, not on ${own.phase}: correct the assignment, or the wiring`,
    };
  }
  return missing(own, steps, repeat);
}

/** The step is there, but not what was declared; or it is not there at all. */
function missing(own: Assignment, steps: PhasesW, repeat: Repeat): Fault {
  const what = `relay ${own.channel} ("${own.name}")`;
  const stepW = sumOf(own.phase, steps);
  if (Math.abs(stepW) > 0.2 * own.nominalPowerW + repeat.noiseW) {
    return {
      code: 'wrong-power',
      text: `${what} draws ${watts(stepW)}, its nameplate says ${watts(own.nominalPowerW)} on ${own.phase}: correct the nameplate, or look for a missing phase`,
    };
  }
  const baseW = sumOf(own.phase, repeat.baseW);
  if (baseW >= ENOUGH * own.nominalPowerW) {
    return {
      code: 'welded',
      text: `switching ${what} changes nothing while ${watts(baseW)} flow on ${own.phase} all the time: its contact is welded, or the load is wired past the relay`,
    };
  }
  return {
    code: 'no-power',
    text: `${what} confirmed ON, but no power flows: its contact is stuck or not wired, a fuse is out, or the appliance is switched off`,
  };
}

function fits(load: Assignment, steps: PhasesW): boolean {
  const part = share(load);
  return steps.every((stepW, i) => {
    if (!declared(load.phase, i)) return Math.abs(stepW) < ENOUGH * part;
    return stepW >= ENOUGH * part && stepW <= TOO_MUCH * part;
  });
}

/** Watts on each phase of the load. */
function share({ phase, nominalPowerW }: Assignment): number {
  return phase === 'all' ? nominalPowerW / 3 : nominalPowerW;
}

function declared(phase: Phase, index: number): boolean {
  return phase === 'all' || phase === `L${index + 1}`;
}

function sumOf(phase: Phase, valuesW: PhasesW): number {
  return valuesW.reduce((sum, valueW, i) => sum + (declared(phase, i) ? valueW : 0), 0);
}

function watts(valueW: number): string {
  return `${Math.round(valueW)} W`;
}
