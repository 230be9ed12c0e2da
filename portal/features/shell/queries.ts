'use client';

/** What pages ask the server for, each with the one key it is cached under. */
import { queryOptions } from '@tanstack/react-query';
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

export const auditQuery = (org: string, site: string) =>
  queryOptions({
    queryKey: ['audit', org, site],
    queryFn: ({ signal }) => callApi<AuditRow[]>(`${sitePath(org, site)}/audit`, { signal }),
    refetchInterval: 15_000,
  });

export const peopleQuery = (org: string) =>
  queryOptions({
    queryKey: ['people', org],
    queryFn: ({ signal }) => callApi<Person[]>(`/orgs/${encodeURIComponent(org)}/people`, { signal }),
  });
