/**
 * Carries out the measured test of one relay: noise for 10 s, ON with a lease, echo, power step, OFF, echo, base
 * again; three times. Everything it touches is a port; what the numbers mean is said by `judge`.
 */
import { STANDARD_COMMANDS } from '../core/command-settings.ts';
import type { Desired } from '../drive/relay-channel.ts';
import { type Assignment, judge, type PhasesW, type Repeat, type TestResult } from './judge.ts';

export interface TestPorts {
  /** Site milliseconds on the monotonic clock. */
  readonly monoMs: () => number;
  readonly wallIso: () => string;
  readonly sleep: (siteMs: number) => Promise<void>;
  /** Powers of the house by phase, newest reading; null when there is no good one. */
  readonly phasesW: () => { readonly atMonoMs: number; readonly powersW: PhasesW } | null;
  readonly order: (desired: Desired) => void;
  /** Nothing more is sent: the lease runs out. */
  readonly abandon: () => void;
  readonly reported: () => boolean | null;
  /** The board refuses for a while with a reason of its own (minimum times, boot hold). */
  readonly refusal: () => string | null;
  /** Longest pace at which the box looks, site milliseconds. */
  readonly cycleMs: number;
  readonly progress: (sentence: string) => void;
}

export const REPEATS = 3;
const NOISE_MS = 10_000;
const SETTLE_MS = 4_000;
const LOOK_MS = 3_000;
/** Beyond the limit the echo is still waited for, so that the verdict can say "late" instead of "never". */
const PATIENCE_MS = 8_000;
const REFUSAL_PATIENCE_MS = 660_000;
/** A compressor rests between two starts. */
const COMPRESSOR_REST_MS = 600_000;

export const orderOf = (on: boolean): Desired => ({ on, protective: false, reason: 'commissioning: test' });

/** @throws Error when the meter gives no readings: then nothing can be judged. */
export async function measuredTest(
  ports: TestPorts,
  own: Assignment,
  others: readonly Assignment[],
): Promise<TestResult> {
  const repeats: Repeat[] = [];
  const longestEchoMs = Math.max(STANDARD_COMMANDS.echoMs, 3 * ports.cycleMs);
  await switched(ports, false);
  await ports.sleep(SETTLE_MS);
  for (let n = 1; n <= REPEATS; n += 1) {
    ports.progress(`try ${n} of ${REPEATS}: measuring the house at rest`);
    repeats.push(await oneRepeat(ports));
    if (judge(own, repeats, others, longestEchoMs).length > 0) break;
    if (own.kind === 'compressor' && n < REPEATS) {
      ports.progress('the compressor rests for ten minutes');
      await ports.sleep(COMPRESSOR_REST_MS);
    }
  }
  const faults = judge(own, repeats, others, longestEchoMs);
  const { channel, load } = own;
  return { channel, load, passed: faults.length === 0, atIso: ports.wallIso(), faults, repeats };
}

async function oneRepeat(ports: TestPorts): Promise<Repeat> {
  const rest = await look(ports, NOISE_MS);
  ports.progress('switching on');
  const echoOnMs = await switched(ports, true);
  await ports.sleep(SETTLE_MS);
  const on = await look(ports, LOOK_MS);
  ports.progress('switching off');
  const echoOffMs = await switched(ports, false);
  await ports.sleep(SETTLE_MS);
  const off = await look(ports, LOOK_MS);
  return {
    noiseW: rest.noiseW,
    baseW: rest.meanW,
    onW: on.meanW,
    offW: off.meanW,
    echoOnMs,
    echoOffMs,
  };
}

/** Orders and waits for the echo: its time in site milliseconds, null when none came. */
export async function switched(ports: TestPorts, on: boolean): Promise<number | null> {
  const startMs = ports.monoMs();
  let fromMs = startMs;
  ports.order(orderOf(on));
  for (;;) {
    if (ports.reported() === on) return Math.round(ports.monoMs() - fromMs);
    // A refusal is an answer: the board counts its own minimum times; the echo is awaited from then on.
    if (ports.refusal() !== null) {
      fromMs = ports.monoMs();
      if (fromMs - startMs > REFUSAL_PATIENCE_MS) return null;
    }
    if (ports.monoMs() - fromMs > Math.max(PATIENCE_MS, 6 * ports.cycleMs)) return null;
    await ports.sleep(lookEveryMs(ports));
  }
}

/** Five looks a cycle, at most five a second. */
export function lookEveryMs({ cycleMs }: TestPorts): number {
  return Math.max(200, cycleMs / 5);
}

/** Mean of each phase and the largest deviation from it, over `forMs`. */
export async function look(
  ports: TestPorts,
  forMs: number,
): Promise<{ readonly meanW: PhasesW; readonly noiseW: number }> {
  const samples: PhasesW[] = [];
  const endMs = ports.monoMs() + forMs;
  const lateMs = endMs + 30_000 + 3 * ports.cycleMs;
  let lastMs = ports.phasesW()?.atMonoMs ?? 0;
  while (ports.monoMs() < endMs || samples.length < 2) {
    const seen = ports.phasesW();
    if (seen && seen.atMonoMs > lastMs) {
      lastMs = seen.atMonoMs;
      samples.push(seen.powersW);
    }
    if (ports.monoMs() > lateMs) throw new Error('the grid meter gives no readings');
    await ports.sleep(lookEveryMs(ports));
  }
  const phases = samples[0]?.length ?? 0;
  const meanW = Array.from(
    { length: phases },
    (_, i) => samples.reduce((sum, s) => sum + (s[i] ?? 0), 0) / samples.length,
  );
  const noiseW = Math.max(0, ...samples.flatMap((s) => s.map((w, i) => Math.abs(w - (meanW[i] ?? 0)))));
  return { meanW: meanW.map(round), noiseW: round(noiseW) };
}

function round(valueW: number): number {
  return Math.round(valueW * 10) / 10;
}
