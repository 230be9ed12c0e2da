import { expect, test } from '@jest/globals';
import { PERMISSIONS } from '../../contract/api.ts';
import { loadCondition } from '../../features/cockpit/load-condition.ts';
import { latestMonths } from '../../features/decisions/latest-months.ts';
import { navigation } from '../../features/shell/navigation.ts';
import { chooseLanguage } from '../../i18n/languages.ts';

const pages = (...args: Parameters<typeof navigation>) => navigation(...args).map(({ page }) => page);

test('a person who may only look is not shown what would answer "not found"', () => {
  expect(pages({ org: 'o', site: 's', siteCount: 1, permissions: ['view'] })).toEqual([
    'cockpit',
    'history',
    'decisions',
    'approvals',
  ]);
});

test('with several sites and every right all pages are there', () => {
  expect(pages({ org: 'o', site: 's', siteCount: 2, permissions: PERMISSIONS })).toEqual([
    'cockpit',
    'history',
    'decisions',
    'approvals',
    'audit',
    'sites',
    'people',
  ]);
});

test('above a site only the organisation’s pages are offered', () => {
  expect(pages({ org: 'o', site: null, siteCount: 2, permissions: PERMISSIONS })).toEqual([
    'sites',
    'people',
  ]);
});

test.each([
  [undefined, 'de-AT,de;q=0.9,en;q=0.8', 'de'],
  [undefined, 'fr,en;q=0.5', 'en'],
  [undefined, 'fr;q=0.9, de;q=0.4, en;q=0.2', 'de'],
  [undefined, null, 'en'],
  ['de', 'en-GB', 'de'],
  ['xx', 'de', 'en'],
] as const)('cookie %s and a browser asking for %s give %s', (cookie, header, language) => {
  expect(chooseLanguage(cookie, header)).toBe(language);
});

test('months are those of the site, newest first, over the turn of the year', () => {
  expect(latestMonths('2026-01-31T23:30:00Z', 'Europe/Berlin', 3)).toEqual(['2026-02', '2026-01', '2025-12']);
});

test.each([
  [{ desired: true, reported: true, shed: false }, 'on'],
  [{ desired: false, reported: false, shed: false }, 'off'],
  [{ desired: false, reported: false, shed: true }, 'shed'],
  [{ desired: true, reported: false, shed: false }, 'switching-on'],
  [{ desired: false, reported: true, shed: true }, 'switching-off'],
  [{ desired: true, reported: null, shed: false }, 'not-reported'],
] as const)('a load with %j is shown as %s', (load, key) => {
  expect(loadCondition(load).key).toBe(key);
});
