/**
 * An air-to-water heat pump and the house it heats: one thermal mass that loses heat to the outside, a thermostat, and
 * a coefficient of performance that falls as the air gets colder.
 *
 * The heat delivered is `cop` times the electricity; the rest comes from the air, which is an endless source. Energy of
 * the house is counted from a fixed 20 degrees. `heatJ` is what left the house less what the air gave.
 */
import type { LoadMoment, LoadStep } from './load.ts';

export interface HeatPump {
  /** Electrical power while it runs. */
  readonly powerW: number;
  readonly standbyW: number;
  readonly setpointC: number;
  readonly hysteresisC: number;
  /** Water it sends to floors or radiators. */
  readonly flowC: number;
  /** Share of the ideal (Carnot) performance, percent. */
  readonly qualityPct: number;
  readonly lossWPerK: number;
  readonly capacityKWhPerK: number;
  /** Heat from people, sun and appliances. */
  readonly gainsW: number;
}

export interface HeatPumpState {
  readonly temperatureC: number;
  readonly heating: boolean;
}

/** Zero of the house's stored heat. */
export const HOUSE_ZERO_C = 20;
const KELVIN = 273.15;
const BEST_COP = 7;
/** Evaporator below the air, condenser above the water. */
const APPROACH_K = 4;

export function stepHeatPump(
  pump: HeatPump,
  state: HeatPumpState,
  moment: LoadMoment,
): LoadStep<HeatPumpState> {
  const heating = thermostat(pump, state);
  const runs = heating && moment.energised;
  const standbyJ = moment.energised ? pump.standbyW * moment.dtS : 0;
  const compressorJ = runs ? Math.max(0, pump.powerW - pump.standbyW) * moment.dtS : 0;
  const deliveredJ = compressorJ * copAt(pump, moment.outdoorC);
  const lostJ = (pump.lossWPerK * (state.temperatureC - moment.outdoorC) - pump.gainsW) * moment.dtS;
  const storedJ = deliveredJ - lostJ;
  const drawnJ = compressorJ + standbyJ;
  return {
    state: { temperatureC: state.temperatureC + storedJ / houseCapacityJPerK(pump), heating },
    drawnJ,
    storedJ,
    heatJ: drawnJ - storedJ,
    usedJ: 0,
  };
}

/** Heat delivered for each joule of electricity at this outdoor temperature. */
export function copAt(pump: Pick<HeatPump, 'flowC' | 'qualityPct'>, outdoorC: number): number {
  const hotK = pump.flowC + APPROACH_K + KELVIN;
  const coldK = outdoorC - APPROACH_K + KELVIN;
  const ideal = hotK / Math.max(5, hotK - coldK);
  return Math.min(BEST_COP, Math.max(1, (pump.qualityPct / 100) * ideal));
}

export function houseCapacityJPerK(pump: Pick<HeatPump, 'capacityKWhPerK'>): number {
  return pump.capacityKWhPerK * 3_600_000;
}

function thermostat(pump: HeatPump, state: HeatPumpState): boolean {
  if (state.temperatureC >= pump.setpointC + pump.hysteresisC / 2) return false;
  if (state.temperatureC <= pump.setpointC - pump.hysteresisC / 2) return true;
  return state.heating;
}
