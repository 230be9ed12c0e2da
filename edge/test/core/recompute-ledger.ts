/**
 * Recomputes a ledger from its CSV export alone, sharing no code with what wrote it:
 * `node edge/test/core/recompute-ledger.ts FILE [--battery CAPACITY_WH,RESERVE_PCT,CEILING_PCT,CHARGE_W,DISCHARGE_W,EFFICIENCY]`.
 *
 * Money is rebuilt from energy and price, the counterfactual home from its load, the sun and a plain battery,
 * savings from both and the stores. Prints its own figures, and where they differ from the file's.
 */
import { readFileSync } from 'node:fs';

export interface PlainBattery {
  capacityWh: number;
  reservePct: number;
  ceilingPct: number;
  chargeW: number;
  dischargeW: number;
  efficiency: number;
}

export interface Recomputed {
  importWh: number;
  exportWh: number;
  cost: number;
  counterfactualCost: number;
  savings: number;
  profit: number;
  /** What the file says otherwise, as sentences. */
  differences: string[];
}

/** Parses the file and works everything out anew. `toleranceWh` and `toleranceMoney` are per row. */
export function recompute(csv: string, battery: PlainBattery | null, toleranceWh = 0.01): Recomputed {
  const [head = '', ...lines] = csv.trimEnd().split(/\r?\n/);
  const names = head.split(',');
  const rows = lines.map((line) => {
    const cells = line.split(',');
    return new Map(names.map((name, i) => [name, cells[i] ?? '']));
  });
  const sum = { importWh: 0, exportWh: 0, cost: 0, counterfactualCost: 0, savings: 0, profit: 0 };
  const differences: string[] = [];
  let plainWh: number | null = null;
  let before = '';
  for (const row of rows) {
    const text = (name: string) => row.get(name) ?? '';
    const get = (name: string) => Number(text(name));
    const differs = (what: string, mine: number, theirs: number, tolerance: number) => {
      if (Math.abs(mine - theirs) <= tolerance) return;
      differences.push(`${text('startUtc')}: ${what} is ${theirs} in the file, ${mine} by its own figures`);
    };
    if (before !== '' && before !== text('startUtc'))
      differences.push(`${text('startUtc')}: a gap before it`);
    if (Date.parse(text('startLocal')) !== Date.parse(text('startUtc'))) {
      differences.push(`${text('startUtc')}: ${text('startLocal')} is another instant`);
    }
    before = text('endUtc');
    const importWh = get('gridToLoadWh') + get('gridToBatteryWh');
    const exportWh = get('solarToGridWh') + get('batteryToGridWh');
    const dischargedWh = get('batteryToLoadWh') + get('batteryToGridWh');
    const chargedWh = get('solarToBatteryWh') + get('gridToBatteryWh');
    const sunWh = get('solarToLoadWh') + get('solarToBatteryWh') + get('solarToGridWh');
    differs('the import', importWh, get('gridImportWh'), toleranceWh);
    differs('the export', exportWh, get('gridExportWh'), toleranceWh);
    differs('the discharge', dischargedWh, get('batteryDischargedWh'), toleranceWh);
    differs('the charge', chargedWh, get('batteryChargedWh'), toleranceWh);
    differs('the sun', sunWh, get('pvWh'), toleranceWh);
    const buy = get('importPricePerKwh') / 1000;
    const sell = get('exportPricePerKwh') / 1000;
    const cost = importWh * buy - exportWh * sell;
    differs('the cost', cost, get('costMoney'), toleranceWh / 1000);

    // The plain home: its battery gives what is missing and takes what is left over, and nothing else.
    let needWh = get('counterfactualLoadWh') - sunWh;
    if (battery !== null && plainWh === null && text('counterfactualStoredWh') !== '') {
      plainWh = get('counterfactualStoredWh');
      needWh = get('counterfactualImportWh') - get('counterfactualExportWh');
    } else if (battery !== null && plainWh !== null) {
      const oneWay = Math.sqrt(battery.efficiency);
      const hours = (Date.parse(text('endUtc')) - Date.parse(text('startUtc'))) / 3_600_000;
      if (needWh > 0) {
        const spareWh = Math.max(0, plainWh - (battery.capacityWh * battery.reservePct) / 100) * oneWay;
        const givenWh = Math.min(needWh, battery.dischargeW * hours, spareWh);
        plainWh -= givenWh / oneWay;
        needWh -= givenWh;
      } else {
        const roomWh = Math.max(0, (battery.capacityWh * battery.ceilingPct) / 100 - plainWh) / oneWay;
        const takenWh = Math.min(-needWh, battery.chargeW * hours, roomWh);
        plainWh += takenWh * oneWay;
        needWh += takenWh;
      }
      differs('the store of the plain home', plainWh, get('counterfactualStoredWh'), toleranceWh);
    }
    const plainCost = needWh > 0 ? needWh * buy : needWh * sell;
    const booked = plainCost - get('unservedMoney');
    differs('the cost of the plain home', booked, get('counterfactualCostMoney'), toleranceWh / 1000);

    sum.importWh += importWh;
    sum.exportWh += exportWh;
    sum.cost += cost;
    sum.counterfactualCost += booked;
    sum.profit += get('batteryToGridWh') * sell - get('soldCostMoney');
    const moreWh = text('storedWh') === '' ? 0 : get('storedWh') - get('counterfactualStoredWh');
    const stored = (moreWh / 1000) * get('storedPricePerKwh');
    sum.savings = sum.counterfactualCost - get('owedMoney') - sum.cost + stored;
  }
  return { ...sum, differences };
}

if (import.meta.main) {
  const [file = '', flag, given = ''] = process.argv.slice(2);
  const [capacityWh = 0, reservePct = 0, ceilingPct = 100, chargeW = 0, dischargeW = 0, efficiency = 1] =
    given.split(',').map(Number);
  const battery =
    flag === '--battery' ? { capacityWh, reservePct, ceilingPct, chargeW, dischargeW, efficiency } : null;
  const result = recompute(readFileSync(file, 'utf8'), battery);
  console.log(JSON.stringify(result, null, 2));
  process.exitCode = result.differences.length === 0 ? 0 : 1;
}
