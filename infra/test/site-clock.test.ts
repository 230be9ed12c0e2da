import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { anchorFor, rememberSiteMs, siteNowMs } from '../local/site-clock.ts';

const file = () => path.join(mkdtempSync(path.join(tmpdir(), 'clock-')), 'clock.json');
const NOW_MS = Date.UTC(2026, 5, 1, 12);
const NIGHT_MS = Date.UTC(2026, 0, 15, 21);

test('a home of the present begins now and runs at the speed asked for', () => {
  const anchor = anchorFor(file(), { speed: 20, homeStartMs: null }, NOW_MS);
  expect(siteNowMs(anchor, NOW_MS)).toBe(NOW_MS);
  expect(siteNowMs(anchor, NOW_MS + 1000)).toBe(NOW_MS + 20_000);
});

test('a home with its own start begins there, and a second run goes on where the first ended', () => {
  const clock = file();
  expect(anchorFor(clock, { speed: 10, homeStartMs: NIGHT_MS }, NOW_MS).siteMs).toBe(NIGHT_MS);
  rememberSiteMs(clock, NIGHT_MS + 3_600_000);
  expect(anchorFor(clock, { speed: 10, homeStartMs: NIGHT_MS }, NOW_MS).siteMs).toBe(NIGHT_MS + 3_600_000);
});

test('the time of a site never runs backwards, also when an earlier run was faster than real time', () => {
  const clock = file();
  rememberSiteMs(clock, NOW_MS + 86_400_000);
  expect(anchorFor(clock, { speed: 1, homeStartMs: null }, NOW_MS).siteMs).toBe(NOW_MS + 86_400_000);
  rememberSiteMs(clock, NOW_MS - 86_400_000);
  expect(anchorFor(clock, { speed: 1, homeStartMs: null }, NOW_MS).siteMs).toBe(NOW_MS);
});

test('a damaged clock file is taken as none', () => {
  const clock = file();
  writeFileSync(clock, '{"siteMs": "yesterday"');
  expect(anchorFor(clock, { speed: 1, homeStartMs: null }, NOW_MS).siteMs).toBe(NOW_MS);
});
