'use client';

import { useTranslations } from 'next-intl';
import { useEffect, useState } from 'react';
import { useQuantities } from '../format/use-quantities.ts';
import classes from './live-badge.module.css';
import { useLiveSite } from './live-site.tsx';
import { type Freshness, freshness } from './live-values.ts';

/** Monotonic time of this browser, once a second; null on the server and in the first paint. */
export function useNowMs(): number | null {
  const [nowMs, setNowMs] = useState<number | null>(null);
  useEffect(() => {
    setNowMs(performance.now());
    const timer = setInterval(() => setNowMs(performance.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return nowMs;
}

export function useFreshness(): Freshness {
  const live = useLiveSite();
  return freshness(live, useNowMs() ?? 0);
}

/** How old what one sees is. */
export function LiveBadge() {
  const t = useTranslations('live');
  const live = useLiveSite();
  const nowMs = useNowMs();
  const { duration, dateTime, timeWithSeconds } = useQuantities(live.page.description?.zone ?? 'UTC');
  const fresh = freshness(live, nowMs ?? 0);
  const ageS = nowMs !== null && live.heardAtMs !== null ? (nowMs - live.heardAtMs) / 1000 : null;
  const words = {
    live: live.state ? t('live', { time: timeWithSeconds(live.state.at) }) : t('waiting'),
    stale: ageS === null ? t('waiting') : t('stale', { age: duration(ageS) }),
    offline: live.lastContact ? t('offline', { when: dateTime(live.lastContact) }) : t('offlineUnknown'),
    'never-seen': t('neverSeen'),
  }[fresh];
  return (
    <span className={classes.badge} data-freshness={fresh} data-testid="freshness">
      <span className={classes.dot} />
      {words}
    </span>
  );
}
