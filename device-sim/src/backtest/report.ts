/** An answer of a backtest in words. */
import type { Answer } from './question.ts';
import type { FlowName, Result } from './settle.ts';

const FLOW_TEXT: Readonly<Record<FlowName, string>> = {
  solarToLoad: 'sun to load',
  solarToBattery: 'sun to battery',
  solarToGrid: 'sun to grid',
  batteryToLoad: 'battery to load',
  batteryToGrid: 'battery to grid',
  gridToLoad: 'grid to load',
  gridToBattery: 'grid to battery',
};

export function answerLines({ name, result, savedMoney }: Answer): string[] {
  const lines = [
    name,
    `  cost ${result.costMoney.toFixed(2)}, saved ${savedMoney.toFixed(2)}`,
    `  import ${kWh(result.importWh)}, export ${kWh(result.exportWh)}, load ${kWh(result.loadWh)}, PV ${kWh(result.pvWh)} kWh`,
    `  flows: ${flows(result)} kWh`,
    `  highest import ${kW(result.peakImportW)} kW, of a quarter of an hour ${kW(result.peakWindowW)} kW`,
  ];
  if (Number.isFinite(result.cycles) && result.chargedWh + result.dischargedWh > 0) {
    lines.push(
      `  charged ${kWh(result.chargedWh)}, discharged ${kWh(result.dischargedWh)}, left in it ${kWh(result.storedWh)} kWh, ${result.cycles.toFixed(0)} cycles`,
    );
  }
  if (result.heaterWh > 0) {
    lines.push(`  heater ${kWh(result.heaterWh)} kWh, never served ${kWh(result.unservedWh)} kWh`);
  }
  lines.push(`  the books miss ${result.residualWh.toExponential(1)} Wh`);
  return lines;
}

function flows({ flowsWh }: Result): string {
  return (Object.keys(FLOW_TEXT) as FlowName[])
    .filter((flow) => flowsWh[flow] > 0.5)
    .map((flow) => `${FLOW_TEXT[flow]} ${kWh(flowsWh[flow])}`)
    .join(', ');
}

function kWh(energyWh: number): string {
  return (energyWh / 1000).toFixed(0);
}

function kW(powerW: number): string {
  return (powerW / 1000).toFixed(2);
}
