import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { readSiteFile, SiteFileError } from '../../src/loop/installed-site.ts';
import { HOMES_DIR } from '../home/homes.ts';

const DEFAULT = readFileSync(path.join(HOMES_DIR, 'default.site.yaml'), 'utf8');
const files = readdirSync(HOMES_DIR).filter((name) => name.endsWith('.site.yaml'));

test.each(files)('%s is read as it stands, whatever its ports and ids will be', (name) => {
  const { site, settings } = readSiteFile('home-1', readFileSync(path.join(HOMES_DIR, name), 'utf8'));
  expect(settings.loads.map(({ id }) => id)).toEqual(site.loads.map(({ id }) => id));
  expect(settings.siteId).toBe('home-1');
});

test('numbers below a group of the rules reach the core of the loop, in its own units', () => {
  const text = DEFAULT.replace(
    'peak: { thresholdW: 9000 }',
    'peak: { thresholdW: 7000 }\n  signals: { meter: { freshS: 3 } }\n  relayCare: { interruptible: { minOffS: 900 } }',
  );
  const { settings } = readSiteFile('home-1', text);
  expect(settings.peak.thresholdW).toBe(7000);
  expect(settings.signals.meterFreshMs).toBe(3000);
  expect(settings.loads.find(({ id }) => id === 'pool-heater')?.minOffMs).toBe(900_000);
});

test('what the box would refuse the loop refuses too, every mistake with its place', () => {
  const text = DEFAULT.replace('priority: 2', 'priority: 200').replace('kind: program', 'kind: programme');
  const read = () => readSiteFile('home-1', text);
  expect(read).toThrow(SiteFileError);
  expect(read).toThrow(
    /2 mistakes:\n {2}line \d+, loads\[0\]\.kind: .*\n {2}line \d+, loads\[1\]\.priority: /,
  );
});
