/** The newest of what a site said, and when this browser heard it. Pure: the clock is an argument. */
import type { SiteState } from '@wattward/broker/wire/site';
import type { Connection, Proposal, SitePage } from '../../contract/api.ts';

export interface LiveValues {
  readonly state: SiteState | null;
  /** Monotonic time of this browser at the newest state; null while only the page's first answer is known. */
  readonly heardAtMs: number | null;
  readonly connection: Connection;
  readonly lastContact: string | null;
}

export type LiveMessage =
  | { readonly event: 'state'; readonly data: SiteState }
  | { readonly event: 'connection'; readonly data: unknown }
  | { readonly event: 'proposals'; readonly data: readonly Proposal[] };

export function startingValues(page: SitePage): LiveValues {
  return {
    state: page.state,
    heardAtMs: null,
    connection: page.connection,
    lastContact: page.lastContact,
  };
}

export function applyLiveMessage(before: LiveValues, message: LiveMessage, nowMs: number): LiveValues {
  switch (message.event) {
    case 'state':
      return { ...before, state: message.data, heardAtMs: nowMs, connection: 'online' };
    case 'connection':
      return { ...before, ...connectionOf(message.data) };
    case 'proposals':
      return before;
  }
}

const CONNECTIONS: readonly Connection[] = ['online', 'offline', 'never-seen'];

function connectionOf(data: unknown): Partial<LiveValues> {
  const { connection, lastContact } = (data ?? {}) as { connection?: unknown; lastContact?: unknown };
  const known = CONNECTIONS.find((name) => name === connection);
  return {
    ...(known ? { connection: known } : {}),
    ...(typeof lastContact === 'string' ? { lastContact } : {}),
  };
}

export type Freshness = 'live' | 'stale' | 'offline' | 'never-seen';

/** Older than this and the values are shown as the past they are. */
export const STALE_AFTER_MS = 10_000;

export function freshness(values: LiveValues, nowMs: number): Freshness {
  if (!values.state) return values.connection === 'online' ? 'stale' : values.connection;
  if (values.connection !== 'online') return 'offline';
  if (values.heardAtMs !== null && nowMs - values.heardAtMs > STALE_AFTER_MS) return 'stale';
  return 'live';
}
