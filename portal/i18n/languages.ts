/** The languages the portal speaks. Every key of one stands in the other; a test holds them together. */
export const LANGUAGES = ['en', 'de'] as const;
export type PortalLanguage = (typeof LANGUAGES)[number];

/** Set by the language switch; without it the browser's own preference decides. */
export const LANGUAGE_COOKIE = 'wattward-language';

/** What the browser asked for, as far as we speak it; English otherwise. */
export function chooseLanguage(cookie: string | undefined, acceptLanguage: string | null): PortalLanguage {
  const asked = cookie ? [cookie] : byPreference(acceptLanguage ?? '');
  for (const tag of asked) {
    const known = LANGUAGES.find((language) => tag === language || tag.startsWith(`${language}-`));
    if (known) return known;
  }
  return 'en';
}

function byPreference(header: string): string[] {
  return header
    .split(',')
    .map((part) => {
      const [tag = '', ...parameters] = part.trim().toLowerCase().split(';');
      const quality = parameters.find((parameter) => parameter.trim().startsWith('q='));
      return { tag, quality: quality ? Number(quality.trim().slice(2)) : 1 };
    })
    .filter((entry) => entry.quality > 0)
    .sort((a, b) => b.quality - a.quality)
    .map((entry) => entry.tag);
}
