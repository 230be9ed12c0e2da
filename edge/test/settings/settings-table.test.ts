import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { allFields } from '../../src/settings/schema-walk.ts';
import { settingsTable, withSettingsTable } from '../../src/settings/settings-table.ts';

test('the table in the README is the one the schema gives (else: node edge/src/commands/write-settings-table.ts)', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  expect(withSettingsTable(readme)).toBe(readme);
});

test('every setting says what it is for, every number its range and unit', () => {
  for (const [path, { description, minimum, maximum, unit }] of allFields()) {
    expect({ path, described: (description ?? '') !== '' }).toEqual({ path, described: true });
    const bounded = minimum !== undefined || maximum !== undefined;
    expect({ path, complete: !bounded || (unit !== undefined && maximum !== undefined) }).toEqual({
      path,
      complete: true,
    });
  }
});

test.each([
  '| `control.peak.thresholdW` | `9000` | 500 to 1000000 | W | mean demand above it enters Peak Mode: saves demand charges and the connection |',
  '| `grid.exportLimitW` | none | 0 to 1000000 | W | installed export limit, 0 is zero export; none by default |',
  '| `batteries[].capacityWh` |  | 100 to 1000000 | Wh | usable energy |',
])('%s', (line) => {
  expect(settingsTable().split('\n')).toContain(line);
});

test('a README without a place for the table is an error', () => {
  expect(() => withSettingsTable('# The box')).toThrow('settings: begin');
});
