'use client';

import { type MantineColorScheme, SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useMounted } from '@mantine/hooks';
import { useRouter } from 'next/navigation';
import { useLocale, useTranslations } from 'next-intl';
import { LANGUAGE_COOKIE, LANGUAGES } from '../../i18n/languages.ts';

const LANGUAGE_NAMES = { en: 'English', de: 'Deutsch' } as const;
const YEAR_S = 31_536_000;

export function SchemeSwitch() {
  const t = useTranslations('shell');
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  // The stored choice is known to the browser only; before that the switch shows none.
  const mounted = useMounted();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('scheme')}
      value={mounted ? colorScheme : ''}
      onChange={(value) => setColorScheme(value as MantineColorScheme)}
      data={[
        { value: 'light', label: t('light') },
        { value: 'dark', label: t('dark') },
        { value: 'auto', label: t('auto') },
      ]}
    />
  );
}

export function LanguageSwitch() {
  const t = useTranslations('shell');
  const router = useRouter();
  const choose = (language: string) => {
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is absent outside secure contexts
    document.cookie = `${LANGUAGE_COOKIE}=${language}; path=/; max-age=${YEAR_S}; samesite=lax`;
    router.refresh();
  };
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('language')}
      value={useLocale()}
      onChange={choose}
      data={LANGUAGES.map((value) => ({ value, label: LANGUAGE_NAMES[value] }))}
    />
  );
}
