/** Sites as lists and pages show them. */
import type { SitePage, SiteRow } from '../../contract/api.ts';
import type { Caller } from '../accounts/sessions.ts';
import type { Portal } from '../portal.ts';
import { permissionsAt } from '../rights/permissions.ts';
import { actorAt, type SiteAccess } from './call.ts';

/** The sites of an organisation that the caller may see. */
export async function siteRows(portal: Portal, caller: Caller, org: string): Promise<SiteRow[]> {
  const rows = await portal.db
    .selectFrom('site')
    .select(['site_id', 'name'])
    .where('org_id', '=', org)
    .orderBy('site_id')
    .execute();
  const waiting = await portal.proposals.waiting(org);
  return rows
    .filter((row) => permissionsAt(caller.grants, org, row.site_id).includes('view'))
    .map((row) => {
      const live = portal.hub.site(row.site_id);
      return {
        id: row.site_id,
        name: row.name,
        connection: live.connection,
        lastContact: instant(live.lastContactMs),
        state: live.state,
        proposalsWaiting: waiting.get(row.site_id) ?? 0,
      };
    });
}

export async function sitePage(portal: Portal, caller: Caller, site: SiteAccess): Promise<SitePage> {
  const live = portal.hub.site(site.id);
  return {
    id: site.id,
    name: site.name,
    organisation: { id: site.org, name: site.orgName },
    permissions: site.permissions,
    connection: live.connection,
    lastContact: instant(live.lastContactMs),
    description: live.description,
    state: live.state,
    activeSetpoints: await portal.proposals.inForce(actorAt(caller, site)),
  };
}

function instant(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
