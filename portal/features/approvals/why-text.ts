'use client';

import { useTranslations } from 'next-intl';
import type { Proposal } from '../../contract/api.ts';
import type { Quantities } from '../format/quantity.ts';
import { unitOf, withUnits } from '../format/refusal-numbers.ts';
import { useParameters } from '../format/use-parameters.ts';

/** Why a proposal ended as it did: the box's refusal in words with its numbers, or what the person wrote. */
export function useWhyText(
  quantities: Quantities,
): (proposal: Pick<Proposal, 'kind' | 'why' | 'params' | 'status'>) => string | null {
  const t = useTranslations('refusal');
  const parameters = useParameters();
  return ({ kind, why, params, status }) => {
    const key = why as Parameters<typeof t>[0];
    if (!why || status !== 'refused' || !t.has(key)) return why;
    const numbers = parameters(withUnits({ unit: unitOf(kind), ...params }), quantities).map(
      ({ label, text }) => `${label} ${text}`,
    );
    return numbers.length > 0 ? `${t(key)} (${numbers.join(', ')})` : t(key);
  };
}
