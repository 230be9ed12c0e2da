/** A live state to build on: noon in June, the sun covers the house and charges the battery. */
import type { SiteState } from '@wattward/broker/wire/site';

const reason = { rule: 'sources', code: 'starting', params: {} };

export const sunny: SiteState = {
  v: 1,
  site: 'home-1',
  at: '2026-06-21T10:00:00.000Z',
  cycle: 1,
  mode: 'normal',
  reason,
  power: { gridPowerW: 0, pvPowerW: 3000, batteryPowerW: -1200, houseLoadW: 1800, managedLoadW: 0 },
  batterySocPct: 67,
  signals: {},
  allocation: {
    solarToLoadW: 1800,
    solarToBatteryW: 1200,
    solarToGridW: 0,
    batteryToLoadW: 0,
    batteryToGridW: 0,
    gridToLoadW: 0,
    gridToBatteryW: 0,
  },
  peak: { active: false, thresholdW: 9000, demandW: 0, windowDemandW: 0, shedLoads: [] },
  batteries: [],
  loads: [
    {
      id: 'pool-heater',
      name: 'pool heater',
      kind: 'interruptible',
      priority: 3,
      essential: false,
      nominalPowerW: 2100,
      desired: false,
      reported: false,
      measuredPowerW: 0,
      since: null,
      shed: true,
      reason,
    },
  ],
  today: {
    gridImportWh: 0,
    gridExportWh: 0,
    pvWh: 0,
    batteryChargedWh: 0,
    batteryDischargedWh: 0,
    costMoney: 0,
    savingsMoney: 0,
  },
  price: { importPricePerKwh: 0.3, exportPricePerKwh: 0.08, currency: 'EUR' },
  setpoints: [],
  outbox: { pendingPoints: 0, oldestAgeS: 0, droppedPoints: 0 },
};
