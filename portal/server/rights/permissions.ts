/**
 * Who may do what: one table. A grant is a role in an organisation, for one site or (`*`) for all of them; what
 * somebody may do at a site is the union over the grants that cover it. Who lacks a right is told "not found".
 */
import { PERMISSIONS, type Permission, type PortalRole } from '../../contract/api.ts';

export const ALL_SITES = '*';

export const RIGHTS: Readonly<Record<PortalRole, readonly Permission[]>> = {
  owner: ['view', 'propose', 'approve', 'revoke', 'audit'],
  installer: ['view', 'propose', 'audit'],
  manager: ['view', 'propose', 'approve', 'revoke', 'audit'],
  auditor: ['view', 'audit'],
  admin: ['view', 'audit', 'people'],
};

export interface Grant {
  readonly org: string;
  /** A site of the organisation or `*`. */
  readonly site: string;
  readonly role: PortalRole;
}

/** What the grants allow at `site` of `org`; `*` asks for the organisation as a whole. */
export function permissionsAt(grants: readonly Grant[], org: string, site: string): readonly Permission[] {
  const held = new Set<Permission>();
  for (const grant of grants) {
    if (grant.org !== org || (grant.site !== ALL_SITES && grant.site !== site)) continue;
    for (const permission of RIGHTS[grant.role]) held.add(permission);
  }
  return PERMISSIONS.filter((permission) => held.has(permission));
}

/** What somebody holds anywhere in `org`: for menus, never for a decision about one site. */
export function permissionsAnywhere(grants: readonly Grant[], org: string): readonly Permission[] {
  const held = new Set(grants.filter((grant) => grant.org === org).flatMap((grant) => RIGHTS[grant.role]));
  return PERMISSIONS.filter((permission) => held.has(permission));
}
