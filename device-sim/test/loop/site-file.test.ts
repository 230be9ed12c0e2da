import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { coreSettings } from '../../../edge/src/settings/core-settings.ts';
import { parseSiteSettings } from '../../../edge/src/settings/parse-site-settings.ts';
import { installedSite } from '../../src/loop/site-file.ts';
import { HOMES_DIR } from '../home/homes.ts';

const FILLED = {
  METER_PORT: '4701',
  INVERTER_PORT: '4702',
  BOARD: 'esp12f-5ccf7f010203',
  METER: 'load-meter-home-1',
  SITE: 'home-1',
};
function box(text: string) {
  const parsed = parseSiteSettings(
    text.replace(/\$\{(\w+)\}/g, (_, key: keyof typeof FILLED) => FILLED[key]),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return coreSettings('home-1', parsed.settings);
}

const files = readdirSync(HOMES_DIR).filter((name) => name.endsWith('.site.yaml'));

test.each(files)('the closed loop reads %s exactly as the box does', (name) => {
  const text = readFileSync(path.join(HOMES_DIR, name), 'utf8');
  expect(installedSite('home-1', text, FILLED).settings).toEqual(box(text));
});

test('what a site file changes about the rules is taken over in the box’s own units', () => {
  const text = readFileSync(path.join(HOMES_DIR, 'default.site.yaml'), 'utf8').replace(
    'peak: { thresholdW: 9000 }',
    'peak: { thresholdW: 7000, meanS: 0, windowMin: 30 }\n  returns: { minShedS: 10 }\n  price: { enabled: true, sell: true }',
  );
  const loop = installedSite('home-1', text, FILLED).settings;
  expect(loop).toEqual(box(text));
  expect(loop.peak).toMatchObject({ thresholdW: 7000, meanMs: 0, windowMs: 1_800_000 });
});
