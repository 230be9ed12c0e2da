'use client';

import { useTranslations } from 'next-intl';
import type { Proposal } from '../../contract/api.ts';

/** What keeps a proposal from going on, in words: the box has not answered, or something stands in the way. */
export function useStuckText(): (proposal: Pick<Proposal, 'status' | 'params'>) => string | null {
  const t = useTranslations();
  return ({ status, params }) => {
    const { trouble } = params;
    if (trouble === undefined) return status === 'revoking' ? t('approvals.revoking') : null;
    const key = `refusal.${trouble}` as Parameters<typeof t>[0];
    if (trouble === 'unsendable' || !t.has(key)) return t('approvals.stuck');
    return t('approvals.stuckAtBox', { reason: t(key) });
  };
}
