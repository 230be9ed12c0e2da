import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import type { Allocation, SiteState } from '@wattward/broker/wire/site';
import { createTranslator } from 'next-intl';
import { type SentenceKey, sentenceOf } from '../../features/cockpit/sentence.ts';
import { quantities } from '../../features/format/quantity.ts';
import { sunny } from './site-states.ts';

function say(state: SiteState, language: 'en' | 'de' = 'en'): string {
  const file = join(import.meta.dirname, `../../messages/${language}.json`);
  const messages = JSON.parse(readFileSync(file, 'utf8'));
  const t = createTranslator({ locale: language, messages, namespace: 'sentence' });
  const translate = (key: SentenceKey, values?: Record<string, string | number>) => t(key, values);
  return sentenceOf(state, { language, translate, quantities: quantities(language, 'UTC') }).replaceAll(
    '\u00a0',
    ' ',
  );
}

const nothing: Allocation = {
  solarToLoadW: 0,
  solarToBatteryW: 0,
  solarToGridW: 0,
  batteryToLoadW: 0,
  batteryToGridW: 0,
  gridToLoadW: 0,
  gridToBatteryW: 0,
};
const flowing = (flows: Partial<Allocation>, batterySocPct: number | null = 60): SiteState => ({
  ...sunny,
  batterySocPct,
  allocation: { ...nothing, ...flows },
});

test('the sun covers the house and charges the battery', () => {
  expect(say(sunny)).toBe('The sun covers the house; 1.2 kW charges the battery.');
  expect(say(sunny, 'de')).toBe('Die Sonne versorgt das Haus; 1,2 kW laden die Batterie.');
});

test.each<[string, Partial<Allocation>, number, string]>([
  ['night, battery empty', { gridToLoadW: 640 }, 10, 'The grid supplies the house with 0.6 kW.'],
  ['night, battery', { batteryToLoadW: 420 }, 60, 'The battery covers the house with 0.4 kW.'],
  [
    'evening',
    { batteryToLoadW: 5000, gridToLoadW: 3200 },
    60,
    'The battery gives 5.0 kW, the grid adds 3.2 kW.',
  ],
  ['dusk', { solarToLoadW: 900, batteryToLoadW: 500 }, 60, 'The sun and the battery cover the house.'],
  [
    'full battery at noon',
    { solarToLoadW: 900, solarToGridW: 4100 },
    100,
    'The sun covers the house; the battery is full and 4.1 kW goes to the grid.',
  ],
  [
    'more sun than the battery takes',
    { solarToLoadW: 900, solarToBatteryW: 3000, solarToGridW: 1400 },
    60,
    'The sun covers the house; 3.0 kW charges the battery and 1.4 kW goes to the grid.',
  ],
  ['nobody at home', { gridToLoadW: 12 }, 60, 'The house uses next to nothing.'],
])('%s', (_name, flows, socPct, sentence) => {
  expect(say(flowing(flows, socPct))).toBe(sentence);
});

test('noise of the meter is not told as an export', () => {
  expect(say(flowing({ solarToLoadW: 900, solarToGridW: 31 }))).toBe('The sun covers the house.');
});

const peak = (demandW: number | null, shedLoads: string[]): SiteState => ({
  ...sunny,
  mode: 'peak',
  peak: { active: true, thresholdW: 9000, demandW, windowDemandW: null, shedLoads },
});

test('Peak Mode names demand, threshold and what is off for it', () => {
  expect(say(peak(9400, ['pool-heater']))).toBe(
    'Peak Mode: demand 9.4 kW is above 9.0 kW, so “pool heater” is off.',
  );
  expect(say(peak(9400, ['pool-heater', 'ev-charger']))).toBe(
    'Peak Mode: demand 9.4 kW is above 9.0 kW, so “pool heater” and “ev-charger” are off.',
  );
});

test('Peak Mode that only waits for room says so', () => {
  expect(say(peak(3100, ['pool-heater']))).toBe(
    'Peak Mode: demand is down to 3.1 kW; “pool heater” stays off until there is room below 9.0 kW.',
  );
  expect(say(peak(3100, []))).toBe('Peak Mode is ending: demand is 3.1 kW, below 9.0 kW.');
});

test('without readings it promises nothing', () => {
  expect(say({ ...sunny, allocation: null })).toBe('Waiting for the first complete readings.');
});

test('any other mode leads with its reason', () => {
  expect(say({ ...sunny, mode: 'degraded' })).toBe('Just started, reading the devices first.');
});
