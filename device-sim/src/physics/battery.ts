/**
 * A battery as an energy store behind its terminals. Powers are those at the terminals, + discharging.
 *
 * What goes in arrives reduced by the charge efficiency, what comes out drains more than is seen; both differences
 * are heat. Near full the charge power tapers, near empty the discharge power, as cells and their manager want it.
 * Energy in joules; state of charge in percent of the usable capacity, which shrinks slowly with use.
 */

export interface Battery {
  readonly capacityWh: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  /** Its own window: the manager goes no further, whatever it is told. */
  readonly minSocPct: number;
  readonly maxSocPct: number;
  readonly chargeEfficiencyPct: number;
  readonly dischargeEfficiencyPct: number;
  /** Above this state of charge the charge power falls linearly to a tenth at full. */
  readonly taperAbovePct: number;
  readonly selfDischargePctPerMonth: number;
  /** Full cycles until 80 % of the capacity is left. */
  readonly cycleLife: number;
}

export interface BatteryState {
  readonly storedJ: number;
  /** Discharged over its life, at the cells. */
  readonly throughputJ: number;
}

export interface BatteryLimits {
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
}

export interface BatteryStep {
  readonly state: BatteryState;
  /** Losses of conversion and self-discharge. */
  readonly heatJ: number;
}

const MONTH_S = 30 * 86_400;

export function newBattery(battery: Battery, socPct: number): BatteryState {
  return { storedJ: (battery.capacityWh * 3600 * socPct) / 100, throughputJ: 0 };
}

/** Usable capacity after ageing. */
export function capacityJ(battery: Battery, state: BatteryState): number {
  const fullJ = battery.capacityWh * 3600;
  const worn = 0.2 * (state.throughputJ / (fullJ * battery.cycleLife));
  return fullJ * Math.max(0.5, 1 - worn);
}

export function socPct(battery: Battery, state: BatteryState): number {
  return (100 * state.storedJ) / capacityJ(battery, state);
}

/** What the terminals can take and give over the next `dtS`, without leaving the window. */
export function batteryLimits(battery: Battery, state: BatteryState, dtS: number): BatteryLimits {
  const fullJ = capacityJ(battery, state);
  const soc = (100 * state.storedJ) / fullJ;
  const roomJ = Math.max(0, (fullJ * battery.maxSocPct) / 100 - state.storedJ);
  const leftJ = Math.max(0, state.storedJ - (fullJ * battery.minSocPct) / 100);
  const span = Math.max(1e-9, 100 - battery.taperAbovePct);
  const chargeTaper =
    soc <= battery.taperAbovePct ? 1 : Math.max(0.1, 1 - (0.9 * (soc - battery.taperAbovePct)) / span);
  const aboveMinPct = soc - battery.minSocPct;
  const dischargeTaper = aboveMinPct >= 3 ? 1 : Math.max(0.1, aboveMinPct / 3);
  return {
    maxChargeW: Math.min(battery.maxChargeW * chargeTaper, roomJ / (battery.chargeEfficiencyPct / 100) / dtS),
    maxDischargeW: Math.min(
      battery.maxDischargeW * dischargeTaper,
      (leftJ * (battery.dischargeEfficiencyPct / 100)) / dtS,
    ),
  };
}

/** The battery after `powerW` at its terminals for `dtS`; the caller keeps within `batteryLimits`. */
export function stepBattery(battery: Battery, state: BatteryState, powerW: number, dtS: number): BatteryStep {
  const terminalJ = powerW * dtS;
  const leakJ = state.storedJ * ((battery.selfDischargePctPerMonth / 100) * (dtS / MONTH_S));
  const cellsJ =
    terminalJ >= 0
      ? terminalJ / (battery.dischargeEfficiencyPct / 100)
      : terminalJ * (battery.chargeEfficiencyPct / 100);
  const storedJ = state.storedJ - cellsJ - leakJ;
  return {
    state: { storedJ, throughputJ: state.throughputJ + Math.max(0, cellsJ) },
    heatJ: cellsJ - terminalJ + leakJ,
  };
}
