/**
 * Plausibility of every quantity, from the site's own figures: a home with a 25 A fuse cannot draw 200 kW.
 *
 * Grid power may step by any amount (an oven is switched on in no time): a plausible high sample must count at once.
 */
import type { BatterySettings, Settings } from './settings.ts';
import type { SignalSpec } from './signal-latch.ts';

/** Zero error of a small meter. */
const OFFSET_W = 50;
/** A multiple of a very small nominal power would be below the noise of its meter. */
const INRUSH_OFFSET_W = 100;

export interface SiteSpecs {
  readonly gridPowerW: SignalSpec;
  readonly phasePowerW: SignalSpec;
  readonly phaseCurrentA: SignalSpec;
  readonly voltageV: SignalSpec;
  readonly frequencyHz: SignalSpec;
  readonly inverterVoltageV: SignalSpec;
  readonly inverterFrequencyHz: SignalSpec;
  readonly pvPowerW: SignalSpec;
  readonly batteries: readonly { readonly powerW: SignalSpec; readonly socPct: SignalSpec }[];
  readonly loads: readonly { readonly powerW: SignalSpec }[];
}

/** What one kind of device has in common. */
interface Kind {
  readonly freshMs: number;
  readonly frozenMs: number;
}

/** `cycleMs`: the box's own pace; nothing is called stale before three cycles have passed. */
export function signalSpecs(settings: Settings, cycleMs: number): SiteSpecs {
  const { grid, signals } = settings;
  const { confirmSamples, frozenSamples } = signals;
  const spec = (kind: Kind, [min, max]: readonly [number, number], maxStepPerS: number | null = null) => ({
    freshMs: Math.max(kind.freshMs, 3 * cycleMs),
    frozenMs: kind.frozenMs,
    ...{ min, max, maxStepPerS, confirmSamples, frozenSamples },
  });
  const meter = { freshMs: signals.meterFreshMs, frozenMs: signals.meterFrozenMs };
  const inverter = { freshMs: signals.inverterFreshMs, frozenMs: signals.inverterFrozenMs };
  const gauge = { freshMs: signals.batteryFreshMs, frozenMs: 0 };
  const plug = { freshMs: signals.loadFreshMs, frozenMs: 0 };
  const { meterStepWPerS, inverterStepWPerS, loadStepWPerS } = signals;
  const phaseA = signals.fuseMultiple * grid.fuseA;
  const phaseW = phaseA * grid.nominalVoltageV;
  const gridW = phaseW * grid.phases;
  const voltages = [
    grid.nominalVoltageV * signals.voltageMinFactor,
    grid.nominalVoltageV * signals.voltageMaxFactor,
  ] as const;
  const frequencies = [signals.frequencyMinHz, signals.frequencyMaxHz] as const;
  return {
    gridPowerW: spec(meter, [-gridW, gridW], meterStepWPerS),
    phasePowerW: spec(meter, [-phaseW, phaseW], meterStepWPerS),
    phaseCurrentA: spec(meter, [0, phaseA]),
    voltageV: spec(meter, voltages),
    frequencyHz: spec(meter, frequencies),
    inverterVoltageV: spec(inverter, voltages),
    inverterFrequencyHz: spec(inverter, frequencies),
    pvPowerW: spec(inverter, [-signals.nightDrawW, signals.pvMaxW ?? gridW], inverterStepWPerS),
    batteries: settings.batteries.map((battery) => {
      const largestW = batteryLimitW(battery, signals.batteryPowerFactor);
      return {
        powerW: spec(inverter, [-largestW, largestW], inverterStepWPerS),
        socPct: spec(gauge, [0, 100], signals.socStepPctPerS),
      };
    }),
    loads: settings.loads.map(({ nominalPowerW }) => ({
      powerW: spec(plug, [-OFFSET_W, signals.inrushFactor * nominalPowerW + INRUSH_OFFSET_W], loadStepWPerS),
    })),
  };
}

function batteryLimitW(battery: BatterySettings, factor: number): number {
  return factor * Math.max(battery.maxChargeW, battery.maxDischargeW) + INRUSH_OFFSET_W;
}
