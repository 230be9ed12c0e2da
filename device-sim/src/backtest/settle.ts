/** A series with a battery, settled in joules: flows, money, peak, cycles. The books close in every row. */
import type { BacktestBattery, Policy } from './policy.ts';
import type { Series, SeriesRow } from './series.ts';

export interface Tariff {
  readonly importPricePerKwh: number;
  readonly exportPricePerKwh: number;
}

export interface Result {
  readonly costMoney: number;
  readonly importWh: number;
  readonly exportWh: number;
  readonly loadWh: number;
  readonly pvWh: number;
  readonly chargedWh: number;
  readonly dischargedWh: number;
  readonly peakImportW: number;
  readonly cycles: number;
  readonly storedWh: number;
  /** What the books miss; rounding only. */
  readonly residualWh: number;
}

const J_PER_WH = 3600;

/** @param battery null: none. It begins at its reserve. */
export function settle(
  series: Series,
  tariff: Tariff,
  battery: BacktestBattery | null,
  policy: Policy | null,
): Result {
  const sum = {
    importJ: 0,
    exportJ: 0,
    loadJ: 0,
    pvJ: 0,
    chargedJ: 0,
    dischargedJ: 0,
    costMoney: 0,
    residualJ: 0,
  };
  const dtS = series.stepMs / 1000;
  const floorJ = battery ? (battery.capacityWh * J_PER_WH * battery.reservePct) / 100 : 0;
  let storedJ = floorJ;
  let peakImportW = 0;
  for (const row of series.rows) {
    const surplusJ = (row.pvW - row.loadW) * dtS;
    let chargeJ = 0;
    let dischargeJ = 0;
    if (battery && policy) {
      const capacityJ = battery.capacityWh * J_PER_WH;
      const limits = policy.decide({ row, socPct: (100 * storedJ) / capacityJ });
      const roomJ = (capacityJ - storedJ) / battery.efficiency;
      const heldJ = Math.max(0, storedJ - floorJ) * battery.efficiency;
      chargeJ = Math.min(Math.max(0, surplusJ), limits.chargeLimitW * dtS, roomJ);
      dischargeJ = Math.min(Math.max(0, -surplusJ), limits.dischargeLimitW * dtS, heldJ);
      storedJ += chargeJ * battery.efficiency - dischargeJ / battery.efficiency;
    }
    const gridJ = -surplusJ + chargeJ - dischargeJ;
    const importJ = Math.max(0, gridJ);
    const exportJ = Math.max(0, -gridJ);
    sum.importJ += importJ;
    sum.exportJ += exportJ;
    sum.loadJ += row.loadW * dtS;
    sum.pvJ += row.pvW * dtS;
    sum.chargedJ += chargeJ;
    sum.dischargedJ += dischargeJ;
    sum.costMoney += moneyOf(row, tariff, importJ, exportJ);
    sum.residualJ += Math.abs(row.pvW * dtS + importJ + dischargeJ - row.loadW * dtS - exportJ - chargeJ);
    peakImportW = Math.max(peakImportW, importJ / dtS);
  }
  return {
    costMoney: sum.costMoney,
    importWh: sum.importJ / J_PER_WH,
    exportWh: sum.exportJ / J_PER_WH,
    loadWh: sum.loadJ / J_PER_WH,
    pvWh: sum.pvJ / J_PER_WH,
    chargedWh: sum.chargedJ / J_PER_WH,
    dischargedWh: sum.dischargedJ / J_PER_WH,
    peakImportW,
    cycles: battery ? sum.dischargedJ / J_PER_WH / battery.capacityWh : 0,
    storedWh: (storedJ - floorJ) / J_PER_WH,
    residualWh: sum.residualJ / J_PER_WH,
  };
}

function moneyOf(row: SeriesRow, tariff: Tariff, importJ: number, exportJ: number): number {
  const buy = row.importPricePerKwh ?? tariff.importPricePerKwh;
  const sell = row.exportPricePerKwh ?? tariff.exportPricePerKwh;
  return (importJ * buy - exportJ * sell) / (J_PER_WH * 1000);
}
