/** The box's disk and settings for commands that only look. */
import { existsSync } from 'node:fs';
import { type EdgeConfig, loadConfig } from '../config.ts';
import type { SettingsDocument } from '../settings/settings-version.ts';
import { keptSettings } from '../settings-document.ts';
import { StartError } from '../start-error.ts';
import { type LogReader, openLogReader } from '../store/log-reader.ts';

/** Where a box is looked for when no configuration is named: here, and the home that `npm start` runs. */
const USUAL_CONFIGS = ['edge.yaml', '.wattward/default/home-1/edge.yaml'];

export interface Disk {
  readonly config: EdgeConfig;
  readonly reader: LogReader;
}

/** @throws StartError when the box never ran. */
export async function lookingAt<T>(file: string | undefined, look: (disk: Disk) => Promise<T>): Promise<T> {
  const config = loadConfig(file ?? usualConfig());
  const reader = openLogReader(config.dataDir);
  if (!reader) throw neverRan();
  try {
    return await look({ config, reader });
  } finally {
    reader.close();
  }
}

/** @throws StartError when the box never ran. */
export async function settingsOn(reader: LogReader): Promise<SettingsDocument> {
  const document = await keptSettings(reader);
  if (document) return document;
  throw neverRan();
}

/** Wall time of the newest recorded cycle. @throws StartError when nothing is recorded yet */
export function newestMs(reader: LogReader): number {
  const ms = reader.newestMs();
  if (ms !== null) return ms;
  throw new StartError(
    'nothing-recorded',
    'this box has not recorded a cycle yet',
    'Let it run for a minute; then ask again.',
  );
}

function usualConfig(): string {
  const found = USUAL_CONFIGS.find((file) => existsSync(file));
  if (found) return found;
  throw new StartError(
    'no-config',
    `there is no ${USUAL_CONFIGS.join(' and no ')} here`,
    'Name the configuration of the box: --config edge.yaml',
  );
}

function neverRan(): StartError {
  return new StartError('never-ran', 'this box has no settings yet', 'Run it once; then ask again.');
}
