'use client';

import { useTranslations } from 'next-intl';
import type { Proposal } from '../../contract/api.ts';

/** Why a proposal ended as it did: the box's refusal in words with its numbers, or what the person wrote. */
export function useWhyText(): (proposal: Pick<Proposal, 'why' | 'params' | 'status'>) => string | null {
  const t = useTranslations('refusal');
  return ({ why, params, status }) => {
    if (!why) return null;
    const key = why as Parameters<typeof t>[0];
    if (status !== 'refused' || !t.has(key)) return why;
    const numbers = Object.entries(params).map(([name, value]) => `${name} ${value}`);
    return numbers.length > 0 ? `${t(key)} (${numbers.join(', ')})` : t(key);
  };
}
