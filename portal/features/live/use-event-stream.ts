'use client';

import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { callApi, isSignedOut } from '../shell/api-client.ts';
import { sessionQuery } from '../shell/queries.ts';
import type { LiveMessage } from './live-values.ts';

export type StreamStatus = 'connecting' | 'open' | 'lost';

const EVENTS = ['state', 'connection', 'proposals'] as const;
/** A tab nobody looks at gives its connection back: a browser allows six to one server. */
const CLOSE_HIDDEN_AFTER_MS = 60_000;

/**
 * One EventSource for as long as the page is seen. The browser reconnects by itself; when it gives up (any HTTP
 * error), a new one is opened with growing delay, unless the session has ended. Each connection begins with the newest
 * state, so nothing has to be caught up with.
 */
export function useEventStream(url: string, onMessage: (message: LiveMessage) => void): StreamStatus {
  const [status, setStatus] = useState<StreamStatus>('connecting');
  const client = useQueryClient();
  useEffect(() => {
    const stream = openStream(url, onMessage, setStatus, () => {
      void client.invalidateQueries({ queryKey: sessionQuery.queryKey });
    });
    return stream;
  }, [url, onMessage, client]);
  return status;
}

function openStream(
  url: string,
  onMessage: (message: LiveMessage) => void,
  onStatus: (status: StreamStatus) => void,
  onSignedOut: () => void,
): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const close = () => {
    clearTimeout(timer);
    source?.close();
    source = null;
  };
  const open = () => {
    close();
    const opened = new EventSource(url);
    source = opened;
    opened.onopen = () => {
      failures = 0;
      onStatus('open');
    };
    opened.onerror = () => {
      onStatus('lost');
      if (opened.readyState === EventSource.CLOSED && source === opened) void reopenLater();
    };
    for (const event of EVENTS)
      opened.addEventListener(event, (message: MessageEvent<string>) => {
        onMessage({ event, data: JSON.parse(message.data) });
      });
  };
  const reopenLater = async () => {
    const given = source;
    failures += 1;
    const signedOut = await callApi('/session').then(() => false, isSignedOut);
    if (source !== given) return;
    if (signedOut) {
      close();
      onSignedOut();
      return;
    }
    timer = setTimeout(open, Math.min(30_000, 1000 * 2 ** (failures - 1)) * (0.75 + Math.random() / 2));
  };
  const onVisibility = () => {
    clearTimeout(timer);
    if (!document.hidden && source?.readyState !== EventSource.OPEN) open();
    else if (document.hidden) timer = setTimeout(close, CLOSE_HIDDEN_AFTER_MS);
  };
  document.addEventListener('visibilitychange', onVisibility);
  open();
  return () => {
    document.removeEventListener('visibilitychange', onVisibility);
    close();
  };
}
