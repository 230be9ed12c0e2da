/**
 * What the meter at the grid connection shows: the truth with its error, its noise, its age, and the current
 * transformers that somebody put on the wrong way round. Counters are exact: they are what is billed.
 */
import { seedOf, wander } from '../physics/chance.ts';
import type { RunningHome } from './running-home.ts';
import type { ObjectOf } from './schema.ts';

export type Three = readonly [number, number, number];

export interface MeterView {
  readonly phaseW: Three;
  readonly powerW: number;
  readonly voltageV: Three;
  readonly currentA: Three;
  readonly frequencyHz: number;
  readonly importWh: number;
  readonly exportWh: number;
}

/** How fast the noise of a reading changes. */
const NOISE_MS = 1_500;
/** A meter never holds back more readings than this. */
const MOST_HELD = 1_000;

/** Readings that are told so much later than they were taken. */
export class Late<T> {
  #held: { readonly atMs: number; readonly reading: T }[] = [];

  /** What is told at `nowMs`, when `reading` is taken; the oldest known while none is old enough. */
  told(reading: T, nowMs: number, latencyMs: number): T {
    if (this.#held.at(-1)?.atMs !== nowMs) this.#held.push({ atMs: nowMs, reading });
    const due = this.#held.findLastIndex(({ atMs }) => atMs <= nowMs - latencyMs);
    if (due > 0) this.#held = this.#held.slice(due);
    if (this.#held.length > MOST_HELD) this.#held.shift();
    return this.#held[0]?.reading ?? reading;
  }
}

export class MeterEye {
  readonly #home: RunningHome;
  readonly #late = new Late<MeterView>();

  constructor(home: RunningHome) {
    this.#home = home;
  }

  /** The reading at this moment of the home. */
  look(): MeterView {
    const meter = this.#home.home.objects.find((object) => object.kind === 'grid-meter');
    const now = this.#measure(meter);
    if (!meter || meter.latencyMs === 0) return now;
    return this.#late.told(now, this.#home.state.nowMs, meter.latencyMs);
  }

  #measure(meter: ObjectOf<'grid-meter'> | undefined): MeterView {
    const home = this.#home;
    const { voltageV, currentA, frequencyHz } = home.quality();
    const { totals, nowMs } = home.state;
    const [l1, l2, l3] = home.flows.gridPhaseW;
    const gain = 1 + (meter?.errorPct ?? 0) / 100;
    const seed = seedOf(home.home.seed, meter?.id ?? 'grid-meter');
    const seen = (powerW: number, n: number) => {
      const noiseW = meter && meter.noiseW > 0 ? meter.noiseW * wander(seed + n, nowMs, NOISE_MS) : 0;
      const sign = meter?.reversed.some((phase) => phase === `L${n}`) ? -1 : 1;
      return sign * (powerW * gain + noiseW);
    };
    const phaseW = [seen(l1, 1), seen(l2, 2), seen(l3, 3)] as const;
    // A meter without faults shows the home's own sum, to the last digit.
    const isTrue = !meter || (meter.reversed.length === 0 && meter.noiseW === 0 && meter.errorPct === 0);
    return {
      phaseW,
      powerW: isTrue ? home.flows.gridW : phaseW[0] + phaseW[1] + phaseW[2],
      voltageV,
      currentA: gain === 1 ? currentA : [currentA[0] * gain, currentA[1] * gain, currentA[2] * gain],
      frequencyHz,
      importWh: totals.gridInJ / 3600,
      exportWh: totals.gridOutJ / 3600,
    };
  }
}
