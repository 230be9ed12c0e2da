/** The fields a box writes of its home. */
export const FIELDS = [
  'gridPowerW',
  'pvPowerW',
  'batteryPowerW',
  'houseLoadW',
  'managedLoadW',
  'batterySocPct',
  'demandWindowW',
  'gridImportWh',
  'gridExportWh',
  'pvWh',
  'batteryChargedWh',
  'batteryDischargedWh',
  'importPricePerKwh',
  'exportPricePerKwh',
  'carbonGPerKwh',
  'unservedWh',
] as const;

const FLOWS = [
  'solarToLoad',
  'solarToBattery',
  'solarToGrid',
  'batteryToLoad',
  'batteryToGrid',
  'gridToLoad',
];
const MONEY = ['costMoney', 'counterfactualCostMoney', 'savingsMoney', 'profitMoney'];
const PHASES = ['1', '2', '3'];
const METER = [
  ...PHASES.flatMap((n) => [`phase${n}VoltageV`, `phase${n}CurrentA`, `phase${n}PowerW`]),
  ...['powerW', 'frequencyHz', 'importWh', 'exportWh'],
];
const INVERTER = [
  'acPowerW',
  'dcPowerW',
  'pv1PowerW',
  'pv2PowerW',
  'producedWh',
  'chargedWh',
  'dischargedWh',
  'socPct',
];
const LOADS = ['pool-heater', 'water-heater', 'washing-machine', 'ev-charger'];

/** All that a box with one meter, one inverter and four loads writes of one instant: measurement with tags, fields. */
export const LINES: readonly { readonly head: string; readonly fields: readonly string[] }[] = [
  { head: 'site,site=', fields: FIELDS },
  {
    head: 'flow,currency=EUR,site=',
    fields: [...FLOWS.map((flow) => `${flow}Wh`), 'gridToBatteryWh', ...MONEY],
  },
  { head: 'device,device=grid-meter,role=grid,site=', fields: METER },
  { head: 'device,device=inverter,role=inverter,site=', fields: INVERTER },
  ...LOADS.map((load) => ({ head: `load,load=${load},site=`, fields: ['powerW', 'switches'] })),
];
export const VALUES_PER_INSTANT = LINES.reduce((sum, { fields }) => sum + fields.length, 0);
