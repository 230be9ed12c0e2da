/**
 * The public grid at the home's connection: an endless source and sink that can be cut. Voltage and frequency wander
 * as they do in a street; the voltage gives a little under the home's own load.
 */
import { wander } from './chance.ts';

export interface Grid {
  readonly voltageV: number;
  readonly frequencyHz: number;
  /** Resistance of one phase back to the transformer. */
  readonly lineOhm: number;
}

export interface PhasePower {
  readonly l1W: number;
  readonly l2W: number;
  readonly l3W: number;
}

export interface GridQuality {
  readonly voltageV: readonly [number, number, number];
  readonly currentA: readonly [number, number, number];
  readonly frequencyHz: number;
}

/** Voltages and currents at the meter while `powerW` flows in (import +), per phase. */
export function gridQuality(grid: Grid, seed: number, nowMs: number, power: PhasePower): GridQuality {
  const phase = (n: number, powerW: number) => {
    const openV =
      grid.voltageV + 1.8 * wander(seed + n, nowMs, 300_000) + 0.25 * wander(seed + 10 + n, nowMs, 4_000);
    const voltageV = openV - (powerW / grid.voltageV) * grid.lineOhm;
    return [voltageV, Math.abs(powerW) / voltageV] as const;
  };
  const [v1, a1] = phase(1, power.l1W);
  const [v2, a2] = phase(2, power.l2W);
  const [v3, a3] = phase(3, power.l3W);
  const frequencyHz =
    grid.frequencyHz + 0.025 * wander(seed + 20, nowMs, 40_000) + 0.004 * wander(seed + 21, nowMs, 2_000);
  return { voltageV: [v1, v2, v3], currentA: [a1, a2, a3], frequencyHz };
}
