/**
 * The site settings as the box keeps them: one versioned document in its state. `site.yaml` seeds it; when the file
 * changes it becomes the next version. Every version stays readable under its own key.
 */
import { createHash } from 'node:crypto';
import type { Store } from './record/store.ts';
import { checkSiteSettings, parseSiteSettings } from './settings/parse-site-settings.ts';
import { problemSentence } from './settings/settings-problem.ts';
import type { SettingsDocument } from './settings/settings-version.ts';
import type { SiteSettings } from './settings/site-settings.ts';
import { StartError } from './start-error.ts';

const CURRENT = 'settings';

/** Checks the text of a `site.yaml`. @throws StartError with all mistakes */
export function checkedSettings(text: string, file: string): SiteSettings {
  const parsed = parseSiteSettings(text);
  if (parsed.ok) return parsed.settings;
  const mistakes = parsed.problems.map(problemSentence);
  throw new StartError(
    'settings-invalid',
    `${file} has ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}:\n  ${mistakes.join('\n  ')}`,
    'Mend all of them, then run `check --config` again.',
  );
}

/** The settings that hold: those of the disk, or the file's as a new version when the file has changed. */
export async function holdingSettings(
  store: Pick<Store, 'loadState' | 'saveState'>,
  seed: { readonly text: string; readonly file: string },
  nowMs: number,
): Promise<SettingsDocument> {
  const settings = checkedSettings(seed.text, seed.file);
  const seedSha256 = createHash('sha256').update(seed.text).digest('hex');
  const kept = readDocument(await store.loadState(CURRENT));
  if (kept && kept.seedSha256 === seedSha256) return kept;
  const document: SettingsDocument = {
    version: (kept?.version ?? 0) + 1,
    since: new Date(nowMs).toISOString(),
    seedSha256,
    settings,
  };
  await store.saveState(`${CURRENT}/${document.version}`, JSON.stringify(document));
  await store.saveState(CURRENT, JSON.stringify(document));
  return document;
}

/** The document that holds at present, null when the box never ran. */
export async function keptSettings(store: Pick<Store, 'loadState'>): Promise<SettingsDocument | null> {
  return readDocument(await store.loadState(CURRENT));
}

function readDocument(json: string | null): SettingsDocument | null {
  if (json === null) return null;
  const document = JSON.parse(json) as SettingsDocument;
  // Settings of an older version of this software may no longer fit; then the file counts.
  const checked = checkSiteSettings(document.settings);
  return checked.ok ? { ...document, settings: checked.settings } : null;
}
