/** What the tasks roll up is found by the ends of names: every number a box writes must be among it, and no text. */
import { describe, expect, test } from '@jest/globals';
import { sdm630 } from '@wattward/edge/catalogue/meters/sdm630';
import { rollUpTasks } from '@wattward/portal/history/tasks';

const [task] = rollUpTasks({ bucket: 'wattward', org: 'house' });
const texts = [...(task?.flux.matchAll(/r\._field =~ \/(.+?)\/\)/g) ?? [])].map(([, text = '']) => text);
const [numbers = /^$/, rising = /^$/, counters = /^$/] = [...new Set(texts)].map((text) => new RegExp(text));

const SITE = `gridPowerW pvPowerW batteryPowerW houseLoadW managedLoadW batterySocPct demandWindowW gridImportWh
  gridExportWh pvWh batteryChargedWh batteryDischargedWh importPricePerKwh exportPricePerKwh carbonGPerKwh`;
const FLOW = `solarToLoadWh solarToBatteryWh solarToGridWh batteryToLoadWh batteryToGridWh gridToLoadWh gridToBatteryWh
  costMoney counterfactualCostMoney savingsMoney profitMoney unservedWh`;
const words = (text: string) => text.split(/\s+/);

describe('rolled up', () => {
  test.each([...words(SITE), ...words(FLOW), 'powerW', 'switches', ...Object.keys(sdm630.points)])(
    '%s',
    (field) => {
      expect(field).toMatch(numbers);
    },
  );
});

test.each(['mode', 'cause', 'on', 'modelText', 'serialText', 'reasonJson'])('%s is no number', (field) => {
  expect(field).not.toMatch(numbers);
});

test.each([
  ['gridImportWh', true, true],
  ['switches', true, true],
  ['unservedWh', true, true],
  ['savingsMoney', true, false],
  ['importPricePerKwh', false, false],
  ['gridPowerW', false, false],
])('%s: has a rise %s, begins anew at zero %s', (field, isRising, isCounter) => {
  expect([rising.test(field), counters.test(field)]).toEqual([isRising, isCounter]);
});
