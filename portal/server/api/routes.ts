/**
 * The one table of what `/api/v1` answers: method, path, and the right that is needed. A request is matched, signed
 * in and authorised here, before a handler sees it; tests walk the same table for every role and tenant.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Permission } from '../../contract/api.ts';
import { Admission } from '../bounds/admission.ts';
import type { Portal } from '../portal.ts';
import { errorText, log } from '../problems/log.ts';
import { isProblem, ProblemError, problemResponse } from '../problems/problem.ts';
import {
  acceptInvitation,
  beginSignIn,
  endSession,
  invitePerson,
  listPeople,
  setUp,
  showSession,
} from './account-routes.ts';
import {
  actorAt,
  inOrganisation,
  type OrganisationCall,
  type PublicCall,
  type SignedInCall,
  type SiteCall,
  signedIn,
  siteAccess,
} from './call.ts';
import { exportDecisions, exportRange, listDecisions, showDay, showRange } from './history-routes.ts';
import { checkSameSite, json, sessionToken } from './http.ts';
import {
  actOnProposal,
  listAudit,
  listProposals,
  listSites,
  makeProposal,
  showSite,
  streamLive,
} from './site-routes.ts';

const VERSION = '0.1.0';
/** Of one person at the same time: each question holds up everybody else's for a moment. */
const MOST_OF_PERSON = 16;
/** Each counts for its session and for its person. */
const MOST_OF_ALL = 2000;
const admission = new Admission({ ofKey: MOST_OF_PERSON, weight: MOST_OF_ALL });

interface Base {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Below `/api/v1`; `{name}` is one level. */
  readonly path: string;
}
export type Route = Base &
  (
    | { readonly needs: 'nothing'; readonly handle: (call: PublicCall) => Promise<Response> }
    | { readonly needs: 'session'; readonly handle: (call: SignedInCall) => Promise<Response> }
    | {
        readonly needs: 'organisation';
        readonly permission: Permission;
        readonly handle: (call: OrganisationCall) => Promise<Response>;
      }
    | {
        readonly needs: 'site';
        readonly permission: Permission;
        readonly handle: (call: SiteCall) => Promise<Response>;
      }
  );

const at = '/orgs/{org}/sites/{site}';

export const ROUTES: readonly Route[] = [
  { method: 'GET', path: '/health', needs: 'nothing', handle: health },
  { method: 'POST', path: '/setup', needs: 'nothing', handle: setUp },
  { method: 'POST', path: '/session', needs: 'nothing', handle: beginSignIn },
  { method: 'GET', path: '/session', needs: 'session', handle: showSession },
  { method: 'DELETE', path: '/session', needs: 'session', handle: endSession },
  { method: 'POST', path: '/invitations/accept', needs: 'nothing', handle: acceptInvitation },
  {
    method: 'GET',
    path: '/orgs/{org}/people',
    needs: 'organisation',
    permission: 'people',
    handle: listPeople,
  },
  {
    method: 'POST',
    path: '/orgs/{org}/people',
    needs: 'organisation',
    permission: 'people',
    handle: invitePerson,
  },
  { method: 'GET', path: '/orgs/{org}/sites', needs: 'organisation', permission: 'view', handle: listSites },
  { method: 'GET', path: at, needs: 'site', permission: 'view', handle: showSite },
  { method: 'GET', path: `${at}/live`, needs: 'site', permission: 'view', handle: streamLive },
  { method: 'GET', path: `${at}/history`, needs: 'site', permission: 'view', handle: showDay },
  { method: 'GET', path: `${at}/series`, needs: 'site', permission: 'view', handle: showRange },
  { method: 'GET', path: `${at}/export`, needs: 'site', permission: 'view', handle: exportRange },
  { method: 'GET', path: `${at}/decisions`, needs: 'site', permission: 'view', handle: listDecisions },
  { method: 'GET', path: `${at}/decisions.csv`, needs: 'site', permission: 'view', handle: exportDecisions },
  { method: 'GET', path: `${at}/proposals`, needs: 'site', permission: 'view', handle: listProposals },
  { method: 'POST', path: `${at}/proposals`, needs: 'site', permission: 'propose', handle: makeProposal },
  // Which right the action needs beyond this is decided by the life of the proposal.
  {
    method: 'POST',
    path: `${at}/proposals/{id}/{action}`,
    needs: 'site',
    permission: 'view',
    handle: actOnProposal,
  },
  { method: 'GET', path: `${at}/audit`, needs: 'site', permission: 'audit', handle: listAudit },
];

/** Answers a request below `/api/v1`; every failure becomes a problem. */
export async function answer(portal: Portal, request: Request): Promise<Response> {
  try {
    const response = await route(portal, request);
    if (request.method !== 'HEAD') return response;
    await response.body?.cancel();
    return new Response(null, response);
  } catch (error) {
    if (isProblem(error)) return problemResponse(error);
    log.error('request failed', { path: new URL(request.url).pathname, problem: errorText(error) });
    return problemResponse(new ProblemError('internal'));
  }
}

async function route(portal: Portal, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const path = url.pathname.replace(/^\/api\/v1/, '');
  const matches = ROUTES.flatMap((candidate) => {
    const params = matchPath(candidate.path, path);
    return params ? [{ candidate, params }] : [];
  });
  if (matches.length === 0) throw new ProblemError('not-found');
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const match = matches.find(({ candidate }) => candidate.method === method);
  if (!match) throw new ProblemError('method-not-allowed');
  checkSameSite(request);
  const call = { portal, request, params: match.params, query: url.searchParams };
  return handle(match.candidate, call);
}

async function handle(route: Route, call: PublicCall): Promise<Response> {
  if (route.needs === 'nothing') return route.handle(call);
  const token = sessionToken(call.request.headers);
  if (token === null) throw new ProblemError('signed-out');
  // Before anybody is looked up: to turn somebody away must cost next to nothing.
  return admitted(`session ${token}`, async () => {
    const signed = await signedIn(call);
    return admitted(`person ${signed.caller.id}`, () => handleSignedIn(route, signed));
  });
}

/** @throws ProblemError `too-many-requests`. */
async function admitted(key: string, work: () => Promise<Response>): Promise<Response> {
  const leave = admission.enter(key);
  if (typeof leave === 'string') throw new ProblemError('too-many-requests', undefined, { retryAfterS: 1 });
  try {
    // Those who asked at the same moment are counted before the first is answered: the database does not wait.
    await nextTurn();
    return await work();
  } finally {
    leave();
  }
}

async function handleSignedIn(
  route: Exclude<Route, { needs: 'nothing' }>,
  signed: SignedInCall,
): Promise<Response> {
  if (route.needs === 'session') return route.handle(signed);
  const org = signed.params.org ?? '';
  if (route.needs === 'organisation') {
    inOrganisation(signed.caller, org, route.permission);
    return route.handle({ ...signed, org });
  }
  const where = { org, site: signed.params.site ?? '', permission: route.permission };
  const site = await siteAccess(signed.portal, signed.caller, where);
  return route.handle({ ...signed, org, site, actor: actorAt(signed.caller, site) });
}

function matchPath(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split('/');
  const levels = path.split('/');
  if (wanted.length !== levels.length) return null;
  const params: Record<string, string> = {};
  for (const [i, part] of wanted.entries()) {
    const level = levels[i] ?? '';
    if (!part.startsWith('{')) {
      if (part !== level) return null;
    } else if (/^[A-Za-z0-9-]{1,64}$/.test(level)) params[part.slice(1, -1)] = level;
    else return null;
  }
  return params;
}

async function health({ portal }: PublicCall): Promise<Response> {
  await portal.db.selectFrom('organisation').select('id').limit(1).execute();
  return json({ status: 'ok', version: VERSION });
}
