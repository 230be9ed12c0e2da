/**
 * What the PV and the battery of a hybrid inverter bring to the house bus.
 *
 * The inverter tells DC powers of its inputs and the AC power of its output; between them lies the conversion loss.
 * The house bus sees AC only, so the loss is charged to whoever feeds the inverter: to PV and to the discharging
 * battery in proportion, or, when only the grid feeds it, to the battery that is being charged. PV and battery then
 * add up to the AC power exactly and the home's balance closes. An inverter that moves nothing has a standby draw:
 * that is a load of the house. Watts, + into the house bus.
 */
export interface HybridDcPower {
  readonly acPowerW: number;
  readonly pvDcPowerW: number;
  /** Into the battery, unsigned. */
  readonly chargeDcPowerW: number;
  /** Out of the battery, unsigned. */
  readonly dischargeDcPowerW: number;
}

export function hybridAcPower(dc: HybridDcPower): {
  readonly pvPowerW: number;
  readonly batteryPowerW: number;
} {
  const batteryDcPowerW = dc.dischargeDcPowerW - dc.chargeDcPowerW;
  const lossW = dc.pvDcPowerW + batteryDcPowerW - dc.acPowerW;
  const feedingW = dc.pvDcPowerW + Math.max(0, batteryDcPowerW);
  if (feedingW > 0) {
    const pvPowerW = dc.pvDcPowerW - (lossW * dc.pvDcPowerW) / feedingW;
    return { pvPowerW, batteryPowerW: dc.acPowerW - pvPowerW };
  }
  return batteryDcPowerW < 0
    ? { pvPowerW: 0, batteryPowerW: dc.acPowerW }
    : { pvPowerW: 0, batteryPowerW: 0 };
}
