/**
 * Sessions: an opaque token in the cookie, its SHA-256 in the table. Idle for 12 h or older than 7 days it is over;
 * signing out removes the row, which ends it everywhere at once.
 */
import type { PortalRole } from '../../contract/api.ts';
import { ROLES } from '../../contract/api.ts';
import type { PortalDatabase } from '../database/schema.ts';
import type { Grant } from '../rights/permissions.ts';
import { newToken, sha256Hex } from './tokens.ts';

export const IDLE_MS = 12 * 3_600_000;
export const LONGEST_MS = 7 * 86_400_000;
/** How stale `seen_ms` may get before it is written again. */
const SEEN_EVERY_MS = 60_000;

export interface Caller {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly grants: readonly Grant[];
}

/** @returns the token for the cookie; it cannot be had a second time. */
export async function openSession(db: PortalDatabase, personId: string, nowMs: number): Promise<string> {
  const token = newToken();
  await db
    .deleteFrom('session')
    .where((where) =>
      where.or([where('created_ms', '<', nowMs - LONGEST_MS), where('seen_ms', '<', nowMs - IDLE_MS)]),
    )
    .execute();
  await db
    .insertInto('session')
    .values({ token_sha256: sha256Hex(token), person_id: personId, created_ms: nowMs, seen_ms: nowMs })
    .execute();
  return token;
}

/** Who holds the token, with what they may do at this moment; null when the session is over. */
export async function callerOf(db: PortalDatabase, token: string, nowMs: number): Promise<Caller | null> {
  const key = sha256Hex(token);
  const row = await db
    .selectFrom('session')
    .innerJoin('person', 'person.id', 'session.person_id')
    .select(['person.id', 'person.name', 'person.email', 'session.seen_ms'])
    .where('token_sha256', '=', key)
    .where('session.created_ms', '>=', nowMs - LONGEST_MS)
    .where('session.seen_ms', '>=', nowMs - IDLE_MS)
    .executeTakeFirst();
  if (!row) return null;
  if (nowMs - row.seen_ms > SEEN_EVERY_MS) {
    await db.updateTable('session').set({ seen_ms: nowMs }).where('token_sha256', '=', key).execute();
    await db.updateTable('person').set({ last_seen_ms: nowMs }).where('id', '=', row.id).execute();
  }
  return { id: row.id, name: row.name, email: row.email, grants: await grantsOf(db, row.id) };
}

export async function closeSession(db: PortalDatabase, token: string): Promise<void> {
  await db.deleteFrom('session').where('token_sha256', '=', sha256Hex(token)).execute();
}

async function grantsOf(db: PortalDatabase, personId: string): Promise<Grant[]> {
  const rows = await db.selectFrom('membership').selectAll().where('person_id', '=', personId).execute();
  return rows
    .filter((row): row is typeof row & { role: PortalRole } => ROLES.some((role) => role === row.role))
    .map((row) => ({ org: row.org_id, site: row.site_id, role: row.role }));
}
