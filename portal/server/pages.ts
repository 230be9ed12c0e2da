/**
 * Data for server components: the same numbers as the routes of `/api/v1`, without a round trip. Each call checks
 * the session and the rights itself; a missing right and a missing thing both end in `notFound()`.
 */
import { notFound } from 'next/navigation';
import type { DecisionPage, HistoryDay, Person, Proposal, SitePage, SiteRow } from '../contract/api.ts';

export async function loadSites(_org: string): Promise<readonly SiteRow[]> {
  notFound();
}

export async function loadSitePage(_org: string, _site: string): Promise<SitePage> {
  notFound();
}

/** @param day `YYYY-MM-DD` in the site's zone; left out: the day it is there now. */
export async function loadHistory(_org: string, _site: string, _day?: string): Promise<HistoryDay> {
  notFound();
}

export async function loadDecisions(_org: string, _site: string): Promise<DecisionPage> {
  notFound();
}

export async function loadProposals(_org: string, _site: string): Promise<readonly Proposal[]> {
  notFound();
}

export async function loadPeople(_org: string): Promise<readonly Person[]> {
  notFound();
}
