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
