/** A request on its way through a route, with who is asking and where. */

import type { Permission } from '../../contract/api.ts';
import { type Caller, callerOf } from '../accounts/sessions.ts';
import type { Portal } from '../portal.ts';
import { ProblemError } from '../problems/problem.ts';
import { ALL_SITES, permissionsAt } from '../rights/permissions.ts';
import type { Actor } from '../setpoints/proposals.ts';
import { sessionToken } from './http.ts';

export interface PublicCall {
  readonly portal: Portal;
  readonly request: Request;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
}

export interface SignedInCall extends PublicCall {
  readonly caller: Caller;
  readonly token: string;
}

export interface OrganisationCall extends SignedInCall {
  readonly org: string;
}

export interface SiteCall extends OrganisationCall {
  readonly site: SiteAccess;
  readonly actor: Actor;
}

export interface SiteAccess {
  readonly id: string;
  readonly org: string;
  readonly orgName: string;
  readonly name: string;
  readonly zone: string;
  readonly permissions: readonly Permission[];
}

/** @throws ProblemError `signed-out`. */
export async function signedIn(call: PublicCall): Promise<SignedInCall> {
  const token = sessionToken(call.request.headers);
  const caller = token === null ? null : await callerOf(call.portal.db, token, call.portal.nowMs());
  if (token === null || !caller) throw new ProblemError('signed-out');
  return { ...call, caller, token };
}

/** @throws ProblemError `not-found` for an organisation the caller has no such right in. */
export function inOrganisation(caller: Caller, org: string, permission: Permission): void {
  const somewhere =
    permission === 'view'
      ? caller.grants.some((grant) => grant.org === org)
      : permissionsAt(caller.grants, org, ALL_SITES).includes(permission);
  if (!somewhere) throw new ProblemError('not-found');
}

/** @throws ProblemError `not-found` for a site that is none of the organisation, or without that right. */
export async function siteAccess(
  portal: Portal,
  caller: Caller,
  where: { readonly org: string; readonly site: string; readonly permission: Permission },
): Promise<SiteAccess> {
  const permissions = permissionsAt(caller.grants, where.org, where.site);
  if (!permissions.includes(where.permission)) throw new ProblemError('not-found');
  const row = await portal.db
    .selectFrom('site')
    .innerJoin('organisation', 'organisation.id', 'site.org_id')
    .select(['site.site_id', 'site.name', 'site.zone', 'organisation.name as org_name'])
    .where('site.org_id', '=', where.org)
    .where('site.site_id', '=', where.site)
    .executeTakeFirst();
  if (!row) throw new ProblemError('not-found');
  return {
    id: row.site_id,
    org: where.org,
    orgName: row.org_name,
    name: row.name,
    zone: row.zone,
    permissions,
  };
}

export function actorAt(caller: Caller, site: SiteAccess): Actor {
  const { id, name, email } = caller;
  return { id, name, email, org: site.org, site: site.id, permissions: site.permissions };
}
