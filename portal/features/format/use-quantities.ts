'use client';

import { useLocale } from 'next-intl';
import { useMemo } from 'react';
import { type Quantities, quantities } from './quantity.ts';

/** The formatter in the person's language and the site's zone. */
export function useQuantities(zone: string): Quantities {
  const language = useLocale();
  return useMemo(() => quantities(language, zone), [language, zone]);
}
