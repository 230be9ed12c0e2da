'use client';

/** What pages ask the server for, each with the one key it is cached under. */
import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import type { AuditRow, HistoryDay, Me, Person, Proposal, SitePage, SiteRow } from '../../contract/api.ts';
import { callApi } from './api-client.ts';

export const sitePath = (org: string, site: string) =>
  `/orgs/${encodeURIComponent(org)}/sites/${encodeURIComponent(site)}`;

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }) => callApi<Me>('/session', { signal }),
  staleTime: 60_000,
});

export const sitesQuery = (org: string) =>
  queryOptions({
    queryKey: ['sites', org],
    queryFn: ({ signal }) => callApi<SiteRow[]>(`/orgs/${encodeURIComponent(org)}/sites`, { signal }),
    refetchInterval: 10_000,
  });

export const siteQuery = (org: string, site: string) =>
  queryOptions({
    queryKey: ['site', org, site],
    queryFn: ({ signal }) => callApi<SitePage>(sitePath(org, site), { signal }),
    refetchInterval: 60_000,
  });

export const historyQuery = (org: string, site: string, day: string | null) =>
  queryOptions({
    queryKey: ['history', org, site, day ?? 'today'],
    queryFn: ({ signal }) =>
      callApi<HistoryDay>(`${sitePath(org, site)}/history${day ? `?day=${encodeURIComponent(day)}` : ''}`, {
        signal,
      }),
  });

export const proposalsQuery = (org: string, site: string) =>
  queryOptions({
    queryKey: ['proposals', org, site],
    queryFn: ({ signal }) => callApi<Proposal[]>(`${sitePath(org, site)}/proposals`, { signal }),
    refetchInterval: 15_000,
  });

/** The pages after the first: proposals that are over and older than `before`. */
export const olderProposalsQuery = (org: string, site: string, before: string | null) =>
  infiniteQueryOptions({
    queryKey: ['older-proposals', org, site, before],
    queryFn: ({ signal, pageParam }) =>
      callApi<Proposal[]>(`${sitePath(org, site)}/proposals?before=${encodeURIComponent(pageParam)}`, {
        signal,
      }),
    initialPageParam: before ?? '',
    getNextPageParam: (page) => page.at(-1)?.id,
    enabled: before !== null,
  });

export const auditQuery = (org: string, site: string) =>
  infiniteQueryOptions({
    queryKey: ['audit', org, site],
    queryFn: ({ signal, pageParam }) =>
      callApi<AuditRow[]>(`${sitePath(org, site)}/audit${pageParam === null ? '' : `?before=${pageParam}`}`, {
        signal,
      }),
    initialPageParam: null as number | null,
    // The first row of all has index 1; a site does not see the rows of others, so its last page may be empty.
    getNextPageParam: (page) => ((page.at(-1)?.index ?? 1) > 1 ? page.at(-1)?.index : undefined),
    refetchInterval: 15_000,
  });

export const peopleQuery = (org: string) =>
  queryOptions({
    queryKey: ['people', org],
    queryFn: ({ signal }) => callApi<Person[]>(`/orgs/${encodeURIComponent(org)}/people`, { signal }),
  });
