/**
 * What happened, by whom, kept for ever: a chain per organisation, each row's hash over the one before it and its
 * own canonical JSON. The table refuses update and delete; the chain shows a change made past the table.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import type { AuditRow } from '../../contract/api.ts';
import type { AuditTable, PortalDatabase } from '../database/schema.ts';
import { ALL_SITES } from '../rights/permissions.ts';

export interface AuditEntry {
  readonly org: string;
  /** A site or `*` for matters of the organisation. */
  readonly site: string;
  /** A person's name with e-mail, `box`, or `portal`. */
  readonly who: string;
  readonly action: string;
  readonly subject: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const GENESIS = '0'.repeat(64);

/** Appends one row; call it inside the transaction that does what it records. */
export async function record(db: PortalDatabase, entry: AuditEntry, atMs: number): Promise<void> {
  const last = await db
    .selectFrom('audit')
    .select(['n', 'hash'])
    .where('org_id', '=', entry.org)
    .orderBy('n', 'desc')
    .limit(1)
    .executeTakeFirst();
  const row = {
    org_id: entry.org,
    n: (last?.n ?? 0) + 1,
    site_id: entry.site,
    at_ms: atMs,
    who: entry.who,
    action: entry.action,
    subject: entry.subject,
    detail_json: canonicalJson(entry.detail),
  };
  await db
    .insertInto('audit')
    .values({ ...row, hash: chained(last?.hash ?? GENESIS, row) })
    .execute();
}

/** Index of the first row that does not fit the chain; null when all rows do. */
export async function firstBrokenRow(db: PortalDatabase, org: string): Promise<number | null> {
  let hash = GENESIS;
  let expected = 1;
  const rows = await db.selectFrom('audit').selectAll().where('org_id', '=', org).orderBy('n').execute();
  for (const { hash: stored, ...row } of rows) {
    hash = chained(hash, row);
    if (row.n !== expected || stored !== hash) return expected;
    expected += 1;
  }
  return null;
}

export const AUDIT_PAGE_ROWS = 200;

/** A page, newest first: what concerns the site, and what concerns the organisation as a whole. */
export async function auditOf(
  db: PortalDatabase,
  where: { readonly org: string; readonly site: string; readonly before?: number | undefined },
): Promise<AuditRow[]> {
  let query = db
    .selectFrom('audit')
    .selectAll()
    .where('org_id', '=', where.org)
    .where('site_id', 'in', [where.site, ALL_SITES]);
  if (where.before !== undefined) query = query.where('n', '<', where.before);
  const rows = await query.orderBy('n', 'desc').limit(AUDIT_PAGE_ROWS).execute();
  return rows.map((row) => ({
    index: row.n,
    at: new Date(row.at_ms).toISOString(),
    who: row.who,
    action: row.action,
    subject: row.subject,
    detail: JSON.parse(row.detail_json),
    hash: row.hash,
  }));
}

function chained(previous: string, row: Omit<AuditTable, 'hash'>): string {
  return createHash('sha256').update(previous).update(canonicalJson(row)).digest('hex');
}
