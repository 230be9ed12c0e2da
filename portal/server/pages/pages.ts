/**
 * Data for server components: the same numbers as the routes of `/api/v1`, without a round trip. Each call checks
 * the session and the rights itself; a missing right and a missing thing both end in `notFound()`.
 */
import { notFound } from 'next/navigation';
import type {
  DecisionPage,
  HistoryDay,
  Permission,
  Person,
  Proposal,
  SitePage,
  SiteRow,
} from '../../contract/api.ts';
import { peopleOf } from '../accounts/people.ts';
import type { Caller } from '../accounts/sessions.ts';
import { actorAt, inOrganisation, type SiteAccess, siteAccess } from '../api/call.ts';
import { sitePage, siteRows } from '../api/sites.ts';
import { decisionPage } from '../decisions/decision-pages.ts';
import { historyDay } from '../history/history-day.ts';
import type { Portal } from '../portal.ts';
import { isProblem } from '../problems/problem.ts';
import { running } from '../running.ts';
import { currentCaller } from './session.ts';

export async function loadSites(org: string): Promise<readonly SiteRow[]> {
  const { portal, caller } = await inOrg(org, 'view');
  return siteRows(portal, caller, org);
}

export async function loadSitePage(org: string, site: string): Promise<SitePage> {
  const { portal, caller, access } = await atSite(org, site);
  return sitePage(portal, caller, access);
}

/** @param day `YYYY-MM-DD` in the site's zone; left out: the day it is there now. */
export async function loadHistory(org: string, site: string, day?: string): Promise<HistoryDay> {
  const { portal, access } = await atSite(org, site);
  const at = { id: access.id, zone: access.zone, nowMs: portal.hub.siteNowMs(site) };
  return historyDay(portal.history, at, day);
}

export async function loadDecisions(org: string, site: string): Promise<DecisionPage> {
  const { portal } = await atSite(org, site);
  const { description } = portal.hub.site(site);
  return decisionPage(portal.history, { id: site, description }, {});
}

export async function loadProposals(org: string, site: string): Promise<readonly Proposal[]> {
  const { portal, caller, access } = await atSite(org, site);
  return portal.proposals.list(actorAt(caller, access));
}

export async function loadPeople(org: string): Promise<readonly Person[]> {
  const { portal } = await inOrg(org, 'people');
  return peopleOf(portal.db, org, portal.nowMs());
}

async function inOrg(org: string, permission: Permission): Promise<{ portal: Portal; caller: Caller }> {
  const portal = running();
  const caller = await currentCaller();
  if (!portal || !caller) notFound();
  await orNotFound(async () => inOrganisation(caller, org, permission));
  return { portal, caller };
}

async function atSite(
  org: string,
  site: string,
): Promise<{ portal: Portal; caller: Caller; access: SiteAccess }> {
  const portal = running();
  const caller = await currentCaller();
  if (!portal || !caller) notFound();
  const access = await orNotFound(() => siteAccess(portal, caller, { org, site, permission: 'view' }));
  return { portal, caller, access };
}

async function orNotFound<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (isProblem(error) && error.code === 'not-found') notFound();
    throw error;
  }
}
