/**
 * What the orders of a policy act on: a battery that follows its mode within a step as an inverter does, and a water
 * heater that must be given so much energy a day. Powers in watts, + discharging and + drawing; energy in joules.
 */
import type { BatteryMode } from '@wattward/broker/wire/site';

const J_PER_WH = 3600;

export interface BacktestBattery {
  readonly capacityWh: number;
  /** Both ways. */
  readonly maxPowerW: number;
  /** One way. */
  readonly efficiency: number;
  readonly reservePct: number;
  readonly startPct: number;
}

/** What a policy wants in the next step. */
export interface Orders {
  readonly mode: BatteryMode;
  readonly chargeLimitW: number;
  readonly dischargeLimitW: number;
  readonly heaterOn: boolean;
}

/** Assumed: its measured runs cannot be told from the rest of a home's load. */
export interface BacktestHeater {
  readonly energyWhPerDay: number;
  readonly powerW: number;
}

export interface Plant {
  readonly battery: BacktestBattery | null;
  readonly heater: BacktestHeater | null;
}

export interface PlantStep {
  readonly batteryW: number;
  readonly heaterW: number;
  readonly gridW: number;
}

export class RunningPlant {
  /** Water that was never heated: what a day still wanted at its end. */
  unservedWh = 0;
  readonly #plant: Plant;
  #storedJ: number;
  #wantedJ = 0;
  #day = Number.NaN;

  constructor(plant: Plant) {
    this.#plant = plant;
    const { battery } = plant;
    this.#storedJ = battery ? (battery.capacityWh * J_PER_WH * battery.startPct) / 100 : 0;
  }

  get socPct(): number {
    const { battery } = this.#plant;
    return battery ? (100 * this.#storedJ) / (battery.capacityWh * J_PER_WH) : 0;
  }

  get storedWh(): number {
    return this.#storedJ / J_PER_WH;
  }

  /** At local midnight the heater wants its day's energy anew. */
  beginDay(dayNumber: number): void {
    if (dayNumber === this.#day) return;
    this.#day = dayNumber;
    this.unservedWh += this.#wantedJ / J_PER_WH;
    this.#wantedJ = (this.#plant.heater?.energyWhPerDay ?? 0) * J_PER_WH;
  }

  step(orders: Orders, loadW: number, pvW: number, dtS: number): PlantStep {
    const heaterW = orders.heaterOn ? this.#heat(dtS) : 0;
    const needW = loadW + heaterW - pvW;
    const batteryW = this.#store(orders, needW, dtS);
    return { batteryW, heaterW, gridW: needW - batteryW };
  }

  #heat(dtS: number): number {
    const { heater } = this.#plant;
    if (!heater) return 0;
    const drawnJ = Math.min(heater.powerW * dtS, this.#wantedJ);
    this.#wantedJ -= drawnJ;
    return drawnJ / dtS;
  }

  #store(orders: Orders, needW: number, dtS: number): number {
    const { battery } = this.#plant;
    if (!battery) return 0;
    const { maxPowerW, efficiency, capacityWh, reservePct } = battery;
    const roomW = (capacityWh * J_PER_WH - this.#storedJ) / efficiency / dtS;
    const floorJ = (capacityWh * J_PER_WH * reservePct) / 100;
    const heldW = (Math.max(0, this.#storedJ - floorJ) * efficiency) / dtS;
    const wishW = wished(orders, needW);
    const powerW =
      wishW >= 0
        ? Math.min(wishW, orders.dischargeLimitW, maxPowerW, heldW)
        : -Math.min(-wishW, orders.chargeLimitW, maxPowerW, Math.max(0, roomW));
    this.#storedJ += (powerW >= 0 ? -powerW / efficiency : -powerW * efficiency) * dtS;
    return powerW;
  }
}

/** What the mode asks for at this need, discharge +, before limits. */
function wished({ mode, chargeLimitW, dischargeLimitW }: Orders, needW: number): number {
  switch (mode) {
    case 'self-consume':
    case 'auto':
      return needW;
    case 'hold':
      return Math.min(0, needW);
    case 'idle':
      return 0;
    case 'charge-grid':
      return -chargeLimitW;
    case 'discharge-grid':
      return dischargeLimitW;
  }
}
