/** Proposals as they lie in the table, and the one way to move them on: row, transition and audit together. */
import type { SetpointKind } from '@wattward/broker/wire/setpoint';
import { KINSHIPS, type Permission, type Proposal, type ProposalStatus } from '../../contract/api.ts';
import { record } from '../audit/audit.ts';
import type { PortalDatabase, ProposalTable } from '../database/schema.ts';
import { isOpen, mayDo, mayFollow } from './lifecycle.ts';

export type ProposalRow = Omit<ProposalTable, 'status'> & { readonly status: ProposalStatus };

export interface Step {
  readonly to: ProposalStatus;
  /** A person, `box` or `portal`. */
  readonly by: string;
  readonly why?: string | null;
  readonly params?: Readonly<Record<string, string | number>>;
  /** On the site's clock. */
  readonly siteNowMs: number;
  /** On the portal's clock, for the audit. */
  readonly nowMs: number;
  /** Further columns that change with it. */
  readonly set?: Partial<
    Pick<
      ProposalTable,
      'decided_by' | 'decided_ms' | 'expires_ms' | 'kinship' | 'approved_proof' | 'revoked_proof'
    >
  >;
  /** Further things for the audit. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

export async function findProposal(
  db: PortalDatabase,
  where: { readonly org: string; readonly site: string; readonly id: string },
): Promise<ProposalRow | undefined> {
  const row = await db
    .selectFrom('proposal')
    .selectAll()
    .where('org_id', '=', where.org)
    .where('site_id', '=', where.site)
    .where('id', '=', where.id)
    .executeTakeFirst();
  return row && asRow(row);
}

export async function proposalsIn(
  db: PortalDatabase,
  site: string | null,
  statuses: readonly ProposalStatus[],
): Promise<ProposalRow[]> {
  let query = db
    .selectFrom('proposal')
    .selectAll()
    .where('status', 'in', [...statuses]);
  if (site !== null) query = query.where('site_id', '=', site);
  return (await query.orderBy('proposed_ms').orderBy('id').execute()).map(asRow);
}

/** @returns false when the proposal is no longer where `row` says, or the step is none of its life. */
export async function move(db: PortalDatabase, row: ProposalRow, step: Step): Promise<boolean> {
  if (!mayFollow(row.status, step.to)) return false;
  const why = step.why ?? null;
  return db.transaction().execute(async (trx) => {
    const changed = await trx
      .updateTable('proposal')
      .set({
        status: step.to,
        why,
        ...(step.params ? { params_json: JSON.stringify(step.params) } : {}),
        ...step.set,
      })
      .where('id', '=', row.id)
      .where('status', '=', row.status)
      .executeTakeFirst();
    if (changed.numUpdatedRows === 0n) return false;
    await addTransition(trx, row, step);
    await settleMessages(trx, row, step.to);
    const detail = {
      kind: row.kind,
      value: JSON.parse(row.value_json),
      why,
      params: step.params ?? {},
      ...step.detail,
    };
    await record(
      trx,
      {
        org: row.org_id,
        site: row.site_id,
        who: step.by,
        action: `proposal-${step.to}`,
        subject: row.id,
        detail,
      },
      step.nowMs,
    );
    return true;
  });
}

/** What need not be sent any more: the set-point once the box has it, everything once it is over. */
async function settleMessages(db: PortalDatabase, row: ProposalRow, to: ProposalStatus): Promise<void> {
  if (to === 'approved' || to === 'delivered') return;
  let query = db.updateTable('outgoing').set({ answered: 1 }).where('proposal_id', '=', row.id);
  if (isOpen(to)) query = query.where('purpose', '=', 'set');
  await query.execute();
}

export async function addTransition(
  db: PortalDatabase,
  row: Pick<ProposalTable, 'id' | 'org_id' | 'site_id'>,
  step: Pick<Step, 'to' | 'by' | 'why' | 'siteNowMs'>,
): Promise<void> {
  await db
    .insertInto('transition')
    .values({
      org_id: row.org_id,
      site_id: row.site_id,
      proposal_id: row.id,
      at_ms: step.siteNowMs,
      status: step.to,
      by: step.by,
      why: step.why ?? null,
    })
    .execute();
}

/** As the person asking sees them. */
export async function presented(
  db: PortalDatabase,
  rows: readonly ProposalRow[],
  person: { readonly id: string; readonly permissions: readonly Permission[] },
): Promise<Proposal[]> {
  if (rows.length === 0) return [];
  const ids = rows.map(({ id }) => id);
  const steps = await db
    .selectFrom('transition')
    .selectAll()
    .where('proposal_id', 'in', ids)
    .orderBy('n')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as SetpointKind,
    value: JSON.parse(row.value_json),
    note: row.note,
    status: row.status,
    why: row.why,
    params: JSON.parse(row.params_json),
    proposedBy: row.proposed_by,
    proposedAt: iso(row.proposed_ms),
    decidedBy: row.decided_by,
    decidedAt: row.decided_ms === null ? null : iso(row.decided_ms),
    kinship: KINSHIPS.find((kinship) => kinship === row.kinship) ?? null,
    expires: iso(row.expires_ms),
    transitions: steps
      .filter((step) => step.proposal_id === row.id)
      .map((step) => ({
        at: iso(step.at_ms),
        status: step.status as ProposalStatus,
        by: step.by,
        why: step.why,
      })),
    may: mayDo({ status: row.status, proposedById: row.proposed_by_id }, person),
  }));
}

export function asRow(row: ProposalTable): ProposalRow {
  return { ...row, status: row.status as ProposalStatus };
}

export function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}
