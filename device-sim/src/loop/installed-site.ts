/** What the installer told the box of a home, read by the box's own settings. */
import type { Settings } from '@wattward/edge/core/settings';
import { coreSettings } from '@wattward/edge/settings/core-settings';
import { checkSiteSettings, parseSiteSettings } from '@wattward/edge/settings/parse-site-settings';
import { problemSentence, type SettingsProblem } from '@wattward/edge/settings/settings-problem';
import type { SiteSettings, SiteSettingsInput } from '@wattward/edge/settings/site-settings';

export interface InstalledSite {
  readonly site: SiteSettings;
  /** What the core computes with; its loads stand in the order of `site.loads`. */
  readonly settings: Settings;
}

/** Stands for ports and ids that only a running home has, and no loop uses. */
const ANYTHING = '1';

/** A site as it is entered, with everything left out that has a default. @throws SiteFileError with every mistake. */
export function installedSite(siteId: string, entered: SiteSettingsInput, cycleMs?: number): InstalledSite {
  const checked = checkSiteSettings(entered);
  if (!checked.ok) throw new SiteFileError(checked.problems.map((problem) => ({ ...problem, line: null })));
  return { site: checked.settings, settings: coreSettings(siteId, checked.settings, cycleMs) };
}

/** The same from the text of a `site.yaml`, in which `${NAME}` may stand for a port or an id. */
export function readSiteFile(siteId: string, text: string): InstalledSite {
  const parsed = parseSiteSettings(text.replace(/\$\{\w+\}/g, ANYTHING));
  if (!parsed.ok) throw new SiteFileError(parsed.problems);
  return { site: parsed.settings, settings: coreSettings(siteId, parsed.settings) };
}

/** The box would not start with such settings. */
export class SiteFileError extends Error {
  readonly code = 'settings-invalid';
  readonly remedy = 'Mend all of them; the box tells the same with `check`.';

  constructor(problems: readonly SettingsProblem[]) {
    const count = `${problems.length} mistake${problems.length === 1 ? '' : 's'}`;
    super(`The site settings have ${count}:\n  ${problems.map(problemSentence).join('\n  ')}`);
    this.name = 'SiteFileError';
  }
}
