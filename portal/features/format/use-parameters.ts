'use client';

import { useTranslations } from 'next-intl';
import { type Parameter, parameter } from './parameter.ts';
import type { Quantities } from './quantity.ts';

/** Named values in the person's words; a name without words of its own is shown as it is. */
export function useParameters(): (
  values: Readonly<Record<string, unknown>>,
  quantities: Quantities,
) => Parameter[] {
  const t = useTranslations('parameter');
  return (values, quantities) =>
    Object.entries(values)
      .filter(([, value]) => value !== null && value !== undefined && value !== '')
      .map(([name, value]) => {
        const { label, text } = parameter(name, value, quantities);
        const key = label as Parameters<typeof t>[0];
        return { label: t.has(key) ? t(key) : label, text };
      });
}
