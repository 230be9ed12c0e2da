import { expect, test } from '@jest/globals';
import { DASH, quantities } from '../../features/format/quantity.ts';

const en = quantities('en', 'Europe/Berlin');
const de = quantities('de', 'Europe/Berlin');
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

test('watts become kW and watt-hours kWh, in the words of the language', () => {
  expect(plain(en.powerKw(1234))).toBe('1.23 kW');
  expect(plain(de.powerKw(1234))).toBe('1,23 kW');
  expect(plain(en.powerKw(9400, 1))).toBe('9.4 kW');
  expect(plain(de.energyKwh(18_450))).toBe('18,5 kWh');
  expect(plain(de.money(2.84, 'EUR'))).toBe('2,84 €');
  expect(plain(en.pricePerKwh(0.318, 'EUR'))).toBe('0.318 €/kWh');
});

test.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY])(
  '%s is a dash, never a zero',
  (missing) => {
    expect(en.powerKw(missing)).toBe(DASH);
    expect(en.percent(missing)).toBe(DASH);
    expect(en.money(missing, 'EUR')).toBe(DASH);
  },
);

test('noise around zero has no minus sign', () => {
  expect(plain(en.powerKw(-3))).toBe('0.00 kW');
  expect(plain(en.money(-0.004, 'EUR'))).toBe('€0.00');
});

test('times are those of the site, through the change of the clocks', () => {
  expect(en.time('2026-10-25T00:30:00Z')).toBe('02:30');
  expect(en.time('2026-10-25T01:30:00Z')).toBe('02:30');
  expect(en.time('2026-10-25T02:30:00Z')).toBe('03:30');
  expect(en.time('2026-06-21T22:00:00Z')).toBe('00:00');
  expect(de.longDay('2026-11-21T12:00:00Z')).toBe('Samstag, 21. November 2026');
});

test('a zone nobody knows is shown in UTC instead of taking the page down', () => {
  expect(quantities('en', 'Mars/Olympus').time('2026-06-21T10:15:00Z')).toBe('10:15');
});

test.each([
  [12, '12 s'],
  [240, '4 min'],
  [3 * 3600, '3 h'],
  [3 * 86_400, '3 days'],
])('%d s reads as one unit', (seconds, shown) => {
  expect(plain(en.duration(seconds)).replace(/secs?/, 's').replace(/mins?/, 'min').replace(/hrs?/, 'h')).toBe(
    shown,
  );
});

test('a limit somebody chose has no more digits than it needs', () => {
  expect(en.limitKw(9000)).toBe('9.0 kW');
  expect(de.limitKw(7250)).toBe('7,25 kW');
});
