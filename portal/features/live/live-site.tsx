'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react';
import type { SitePage } from '../../contract/api.ts';
import { useSitePlace } from '../shell/place.ts';
import { proposalsQuery, sitePath, siteQuery, sitesQuery } from '../shell/queries.ts';
import { applyLiveMessage, type LiveMessage, type LiveValues, startingValues } from './live-values.ts';
import { type StreamStatus, useEventStream } from './use-event-stream.ts';

export interface LiveSiteValue extends LiveValues {
  readonly page: SitePage;
  /** How the stream to this browser is, which is not how the site is. */
  readonly stream: StreamStatus;
}

const LiveSiteContext = createContext<LiveSiteValue | null>(null);

/** What the site is and does right now. Only below `LiveSite`. */
export function useLiveSite(): LiveSiteValue {
  const value = useContext(LiveSiteContext);
  if (!value) throw new Error('useLiveSite outside of LiveSite');
  return value;
}

/** Holds the one event stream of a site; its pages read from it. */
export function LiveSite({
  initial,
  children,
}: {
  readonly initial: SitePage;
  readonly children: ReactNode;
}) {
  const { org, site } = useSitePlace();
  const client = useQueryClient();
  const page = useQuery({ ...siteQuery(org, site), initialData: initial }).data;
  const [values, setValues] = useState(() => startingValues(initial));
  const onMessage = useCallback(
    (message: LiveMessage) => {
      setValues((before) => applyLiveMessage(before, message, performance.now()));
      if (message.event === 'proposals') {
        client.setQueryData(proposalsQuery(org, site).queryKey, [...message.data]);
        void client.invalidateQueries({ queryKey: ['audit', org, site] });
        void client.invalidateQueries({ queryKey: sitesQuery(org).queryKey });
      }
      // A box that (re)connects may describe itself anew: other bounds, other loads.
      if (message.event !== 'state')
        void client.invalidateQueries({ queryKey: siteQuery(org, site).queryKey });
    },
    [client, org, site],
  );
  const stream = useEventStream(`/api/v1${sitePath(org, site)}/live`, onMessage);
  const value = useMemo(() => ({ ...values, page, stream }), [values, page, stream]);
  return <LiveSiteContext value={value}>{children}</LiveSiteContext>;
}
