/** The site settings as one version of them holds. */
import type { SiteSettings } from './site-settings.ts';

export interface SettingsDocument {
  readonly version: number;
  /** ISO 8601 UTC, when this version began to hold. */
  readonly since: string;
  /** SHA-256 of the `site.yaml` it came from. */
  readonly seedSha256: string;
  readonly settings: SiteSettings;
}
