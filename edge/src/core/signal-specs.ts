/**
 * Plausibility of every quantity, from the site's own figures: a home with a 25 A fuse cannot draw 200 kW.
 *
 * Grid power may step by any amount (an oven is switched on in no time): a plausible high sample must count at once.
 */
import type { BatterySettings, LoadSettings, Settings } from './settings.ts';
import type { SignalSpec } from './signal-latch.ts';

/** Three times what the fuse carries: more than that is a wrong number, not a load. */
const FUSE_MULTIPLE = 3;
/** Inrush of motors and transformers. */
const INRUSH_MULTIPLE = 8;
const SOC_STEP_PCT_PER_S = 1;

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

/** `cycleMs`: the box's own pace; nothing is called stale before three cycles have passed. */
export function signalSpecs(settings: Settings, cycleMs: number): SiteSpecs {
  const { grid, signals } = settings;
  const { confirmSamples } = signals;
  const phaseW = FUSE_MULTIPLE * grid.fuseA * grid.nominalVoltageV;
  const spec = (
    freshMs: number,
    min: number,
    max: number,
    frozenMs = 0,
    maxStepPerS: number | null = null,
  ) => ({
    freshMs: Math.max(freshMs, 3 * cycleMs),
    min,
    max,
    maxStepPerS,
    confirmSamples,
    frozenMs,
  });
  const meter = (min: number, max: number) => spec(signals.meterFreshMs, min, max, signals.meterFrozenMs);
  const inverter = (min: number, max: number) =>
    spec(signals.inverterFreshMs, min, max, signals.inverterFrozenMs);
  const voltage = [grid.nominalVoltageV * 0.78, grid.nominalVoltageV * 1.18] as const;
  const frequency = [45, 55] as const;
  return {
    gridPowerW: meter(-phaseW * grid.phases, phaseW * grid.phases),
    phasePowerW: meter(-phaseW, phaseW),
    phaseCurrentA: meter(0, FUSE_MULTIPLE * grid.fuseA),
    voltageV: meter(...voltage),
    frequencyHz: meter(...frequency),
    inverterVoltageV: inverter(...voltage),
    inverterFrequencyHz: inverter(...frequency),
    pvPowerW: inverter(-1000, 1_000_000),
    batteries: settings.batteries.map((battery) => ({
      powerW: inverter(-powerLimitW(battery), powerLimitW(battery)),
      socPct: spec(signals.batteryFreshMs, 0, 100, 0, SOC_STEP_PCT_PER_S),
    })),
    loads: settings.loads.map((load) => ({
      powerW: spec(signals.loadFreshMs, -50, inrushW(load)),
    })),
  };
}

function powerLimitW(battery: BatterySettings): number {
  return 1.5 * Math.max(battery.maxChargeW, battery.maxDischargeW) + 100;
}

function inrushW(load: LoadSettings): number {
  return INRUSH_MULTIPLE * load.nominalPowerW + 100;
}
