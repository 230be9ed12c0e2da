/**
 * An inverter: PV and battery on its direct current side, the house on the other. It settles the balance.
 *
 * A hybrid has its PV and battery behind one conversion. An AC-coupled battery inverter has no PV of its own: it aims at
 * a meter of zero, and charges from what other inverters feed into the house.
 *
 * By itself it serves the house: PV first, then the battery, the rest comes from the grid; what is left of the PV
 * charges the battery, then goes out. A storage order narrows the battery's power to a window [min, max], + discharging
 * [SunSpec 124]; a window that lies on one side of zero is a demand. Charging beyond what the PV gives needs the
 * grid-charge permission. Without an order it is back on its own.
 *
 * Conversion after PVWatts: ac = k (-0.0162 z^2 + 0.9858 z - 0.0059) with z = dc / rated dc; or between the points of a
 * data sheet, AC over DC power in straight lines from zero on. Watts.
 */

export interface Inverter {
  readonly ratedW: number;
  /** At its best point. */
  readonly efficiencyPct: number;
  /** By share of the rated AC power, rising; PVWatts' curve where it is left out. */
  readonly efficiencyCurve?: readonly CurvePoint[] | undefined;
  /** Drawn from the house while nothing flows. */
  readonly standbyW: number;
  /** Feeds the house when the grid is gone. */
  readonly backup: boolean;
  readonly coupling: 'hybrid' | 'ac';
}

export interface CurvePoint {
  readonly loadPct: number;
  readonly efficiencyPct: number;
}

export interface StorageWindow {
  readonly minPowerW: number;
  readonly maxPowerW: number;
  readonly gridCharge: boolean;
}

export interface InverterInput {
  /** What the arrays could give. */
  readonly pvAvailableW: number;
  /** What the house draws, without the inverter itself. */
  readonly houseLoadW: number;
  /**
   * What the inverter believes the house draws: its own meter is a little late and a little wrong. Below zero only for
   * an AC-coupled one: what others feed in.
   */
  readonly seenLoadW: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  readonly window: StorageWindow;
  readonly gridPresent: boolean;
  /** Most that may flow into the grid; Infinity where nothing limits it. */
  readonly exportLimitW: number;
}

export interface InverterFlow {
  /** Into the house; negative when it draws. */
  readonly acPowerW: number;
  readonly pvDcPowerW: number;
  /** At the battery's terminals, + discharging. */
  readonly batteryDcPowerW: number;
  readonly lossW: number;
  readonly state: 'sleeping' | 'running' | 'throttled';
}

/** The limits the inverter sets itself when nobody tells it anything. */
export const OWN_WINDOW: StorageWindow = {
  minPowerW: Number.NEGATIVE_INFINITY,
  maxPowerW: Number.POSITIVE_INFINITY,
  gridCharge: false,
};

/** AC power from DC power, both positive, without clipping. */
export function acFromDcW(inverter: Inverter, dcW: number): number {
  if (inverter.efficiencyCurve) return alongCurve(inverter, inverter.efficiencyCurve, { dcW });
  const ratedDcW = ratedDc(inverter);
  const z = dcW / ratedDcW;
  const ac = scale(inverter) * ratedDcW * (-0.0162 * z * z + 0.9858 * z - 0.0059);
  return Math.max(0, ac);
}

/** DC power needed for an AC power; the inverse of `acFromDcW`. */
export function dcFromAcW(inverter: Inverter, acW: number): number {
  if (inverter.efficiencyCurve) return alongCurve(inverter, inverter.efficiencyCurve, { acW });
  const ratedDcW = ratedDc(inverter);
  const a = acW / (scale(inverter) * ratedDcW);
  const root = Math.sqrt(Math.max(0, 0.9858 ** 2 - 4 * 0.0162 * (0.0059 + a)));
  return (ratedDcW * (0.9858 - root)) / (2 * 0.0162);
}

/** The other side of a power that is given on one side; beyond the last point its efficiency holds. */
function alongCurve(
  { ratedW }: Inverter,
  curve: readonly CurvePoint[],
  given: { readonly dcW: number } | { readonly acW: number },
): number {
  const isDc = 'dcW' in given;
  const at = isDc ? given.dcW : given.acW;
  let [fromAt, fromOther] = [0, 0];
  for (const [i, { loadPct, efficiencyPct }] of curve.entries()) {
    const acW = (ratedW * loadPct) / 100;
    const dcW = acW / (efficiencyPct / 100);
    const [toAt, toOther] = isDc ? [dcW, acW] : [acW, dcW];
    if (at <= toAt) return fromOther + ((toOther - fromOther) * (at - fromAt)) / (toAt - fromAt);
    if (i === curve.length - 1) return (toOther * at) / toAt;
    [fromAt, fromOther] = [toAt, toOther];
  }
  return at;
}

export function settleInverter(inverter: Inverter, input: InverterInput): InverterFlow {
  const aimedW = input.gridPresent ? input.seenLoadW : input.houseLoadW;
  const wantedDcW = aimedDc(inverter, aimedW);
  // The most the AC side can take: the rating, the house and whatever the grid still accepts.
  const outletW = input.houseLoadW + (input.gridPresent ? input.exportLimitW : 0);
  const limitDcW = dcFromAcW(inverter, Math.max(0, Math.min(inverter.ratedW, outletW)));
  const batteryW = batteryPower(inverter, input, { deficitDcW: wantedDcW - input.pvAvailableW, limitDcW });
  const pvDcPowerW = Math.max(0, Math.min(input.pvAvailableW, limitDcW - batteryW));
  const dcW = pvDcPowerW + batteryW;
  const flow = { pvDcPowerW, batteryDcPowerW: batteryW };
  if (dcW > 0) {
    const acPowerW = acFromDcW(inverter, dcW);
    const throttled = pvDcPowerW < input.pvAvailableW - 1;
    return { ...flow, acPowerW, lossW: dcW - acPowerW, state: throttled ? 'throttled' : 'running' };
  }
  if (dcW < 0) {
    const acDrawnW = dcFromAcW(inverter, -dcW);
    return { ...flow, acPowerW: -acDrawnW, lossW: acDrawnW + dcW, state: 'running' };
  }
  const standbyW = input.gridPresent ? inverter.standbyW : 0;
  const state = pvDcPowerW > 0 ? 'running' : 'sleeping';
  return { ...flow, acPowerW: -standbyW, lossW: standbyW, state };
}

/** DC power that would bring the meter to zero; below zero what an AC-coupled inverter may take from the house. */
function aimedDc(inverter: Inverter, aimedW: number): number {
  if (aimedW >= 0 || inverter.coupling === 'hybrid') {
    return dcFromAcW(inverter, Math.min(inverter.ratedW, Math.max(0, aimedW)));
  }
  return -acFromDcW(inverter, Math.min(inverter.ratedW, -aimedW));
}

/** The house could be fed without the grid: PV and battery reach far enough. */
export function canFeedAlone(inverter: Inverter, input: InverterInput): boolean {
  if (!inverter.backup || input.houseLoadW > inverter.ratedW) return false;
  return dcFromAcW(inverter, input.houseLoadW) <= input.pvAvailableW + input.maxDischargeW;
}

/** How fast the inverter follows its own meter, and how far that is off. */
const RESPONSE_S = 0.8;
const METER_ERROR_W = 9;

/** The load as the inverter's own meter shows it after `dtS`; `error` wanders between -1 and 1. */
export function seenLoadW(beforeW: number, houseLoadW: number, error: number, dtS: number): number {
  const share = 1 - Math.exp(-dtS / RESPONSE_S);
  return beforeW + (houseLoadW + METER_ERROR_W * error - beforeW) * share;
}

/** Self-consumption inside the window, inside what the hardware can do. */
function batteryPower(
  inverter: Inverter,
  input: InverterInput,
  dc: { readonly deficitDcW: number; readonly limitDcW: number },
): number {
  // A house that lives on the inverter alone comes before any order.
  const window = input.gridPresent ? input.window : OWN_WINDOW;
  const wantedW = Math.max(window.minPowerW, Math.min(window.maxPowerW, dc.deficitDcW));
  if (wantedW > 0) {
    const roomW = Math.max(0, dc.limitDcW - input.pvAvailableW);
    return Math.min(wantedW, input.maxDischargeW, roomW);
  }
  const gridW = window.gridCharge && input.gridPresent ? inverter.ratedW : 0;
  const acW = inverter.coupling === 'ac' ? Math.max(0, -dc.deficitDcW) : 0;
  return -Math.min(-wantedW, input.maxChargeW, input.pvAvailableW + Math.max(gridW, acW));
}

function ratedDc(inverter: Inverter): number {
  return inverter.ratedW / (inverter.efficiencyPct / 100);
}

/** PVWatts' curve is normalised to 96.37 %. */
function scale(inverter: Inverter): number {
  return inverter.efficiencyPct / 100 / 0.9637;
}
