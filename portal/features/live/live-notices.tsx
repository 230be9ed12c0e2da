'use client';

import { useTranslations } from 'next-intl';
import { useQuantities } from '../format/use-quantities.ts';
import { Notice } from '../shell/notice.tsx';
import { useFreshness } from './live-badge.tsx';
import { useLiveSite } from './live-site.tsx';

/** Says in words when what is shown is not the present: no stream to this browser, or a site out of reach. */
export function LiveNotices() {
  const t = useTranslations('live');
  const { stream, state, lastContact, page } = useLiveSite();
  const fresh = useFreshness();
  const { dateTime } = useQuantities(page.description?.zone ?? 'UTC');
  if (stream === 'lost')
    return (
      <Notice
        tone="warning"
        glyph="offline"
        testId="stream-lost"
        title={t('streamLost')}
        text={t('streamLostText')}
      />
    );
  if (fresh === 'offline')
    return (
      <Notice
        tone="warning"
        glyph="offline"
        testId="site-offline"
        title={t('siteOffline')}
        text={
          state && lastContact ? t('siteOfflineText', { when: dateTime(lastContact) }) : t('siteOfflineBare')
        }
      />
    );
  return null;
}
