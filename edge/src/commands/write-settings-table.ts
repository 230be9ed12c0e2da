/** Writes the table of all settings into the README anew: `node edge/src/commands/write-settings-table.ts`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { withSettingsTable } from '../settings/settings-table.ts';

const file = new URL('../../README.md', import.meta.url);
writeFileSync(file, withSettingsTable(readFileSync(file, 'utf8')));
