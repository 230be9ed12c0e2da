/**
 * A water heater: one well-mixed tank with an element and a thermostat. People draw hot water at times that the seed
 * knows (mostly mornings and evenings), cold water refills it, and it loses heat to the room.
 *
 * Energy of the tank is counted from the cold water's temperature: a tank at that temperature stores nothing.
 */
import { chance } from './chance.ts';
import type { LoadMoment, LoadStep } from './load.ts';

export interface WaterHeater {
  readonly powerW: number;
  readonly volumeL: number;
  readonly setpointC: number;
  readonly hysteresisC: number;
  readonly lossWPerK: number;
  readonly drawLPerDay: number;
  readonly coldC: number;
  readonly roomC: number;
}

export interface WaterHeaterState {
  readonly temperatureC: number;
  readonly heating: boolean;
}

/** J/(kg K), and a litre weighs a kilogram. */
const WATER_J_PER_K = 4186;

export function stepWaterHeater(
  heater: WaterHeater,
  state: WaterHeaterState,
  moment: LoadMoment,
): LoadStep<WaterHeaterState> {
  const capacityJPerK = heater.volumeL * WATER_J_PER_K;
  const heating = thermostat(heater, state);
  const drawnJ = heating && moment.energised ? heater.powerW * moment.dtS : 0;
  const heatJ = heater.lossWPerK * (state.temperatureC - heater.roomC) * moment.dtS;
  const litres = Math.min(heater.volumeL, hotWaterL(heater.drawLPerDay, moment));
  const usedJ = litres * WATER_J_PER_K * Math.max(0, state.temperatureC - heater.coldC);
  const storedJ = drawnJ - heatJ - usedJ;
  return {
    state: { temperatureC: state.temperatureC + storedJ / capacityJPerK, heating },
    drawnJ,
    storedJ,
    heatJ,
    usedJ,
  };
}

function thermostat(heater: WaterHeater, state: WaterHeaterState): boolean {
  if (state.temperatureC >= heater.setpointC) return false;
  if (state.temperatureC <= heater.setpointC - heater.hysteresisC) return true;
  return state.heating;
}

/** Share of the day's water in each hour. */
const HOURLY = [0, 0, 0, 0, 0.5, 2, 9, 12, 8, 5, 4, 4, 5, 4, 3, 3, 4, 6, 9, 9, 6, 4, 2, 0.5];
const HOURLY_SUM = HOURLY.reduce((sum, share) => sum + share, 0);

/** Litres drawn in this step: people draw in minutes, some of which the seed picks. */
function hotWaterL(litresPerDay: number, moment: LoadMoment): number {
  const hour = HOURLY[Math.floor(moment.minuteOfDay / 60)] ?? 0;
  const minute = Math.floor(moment.nowMs / 60_000);
  if (moment.dtS > 90) return (litresPerDay * (hour / HOURLY_SUM) * moment.dtS) / 3600;
  if (chance(moment.seed, minute, 7) >= 0.1) return 0;
  return (litresPerDay * (hour / HOURLY_SUM) * 10 * moment.dtS) / 3600;
}
