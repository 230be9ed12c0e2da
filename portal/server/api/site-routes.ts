/** Routes about sites: what they are and shall do. */

import { SETPOINT_KINDS, SETPOINT_VALUES } from '@wattward/broker/wire/setpoint';
import * as z from 'zod';
import type { ProposalInput } from '../../contract/api.ts';
import { callerOf } from '../accounts/sessions.ts';
import { auditOf } from '../audit/audit.ts';
import { plainNote } from '../bounds/plain-text.ts';
import { liveResponse } from '../live/live-stream.ts';
import { ProblemError } from '../problems/problem.ts';
import { permissionsAt } from '../rights/permissions.ts';
import { PROPOSAL_ACTIONS } from '../setpoints/proposals.ts';
import type { OrganisationCall, SiteCall } from './call.ts';
import { json, readBody } from './http.ts';
import { sitePage, siteRows } from './sites.ts';

const LONGEST_MINUTES = 30 * 24 * 60;

const proposalInput: z.ZodType<ProposalInput> = z
  .object({
    kind: z.enum(SETPOINT_KINDS),
    value: z.unknown(),
    durationMinutes: z.number().int().min(1).max(LONGEST_MINUTES),
    note: plainNote(500),
  })
  .transform(({ kind, value, ...rest }, context) => {
    const read = SETPOINT_VALUES[kind].safeParse(value);
    if (read.success) return { kind, value: read.data, ...rest };
    for (const { message, path } of read.error.issues) {
      context.addIssue({ code: 'custom', message, path: ['value', ...path] });
    }
    return z.NEVER;
  });
const auditIndex = z.coerce.number().int().positive().optional();
const reasonInput = z.object({ reason: plainNote(500).optional() });

export async function listSites({ portal, caller, org }: OrganisationCall): Promise<Response> {
  return json(await siteRows(portal, caller, org));
}

export async function showSite({ portal, caller, site }: SiteCall): Promise<Response> {
  return json(await sitePage(portal, caller, site));
}

export async function streamLive(call: SiteCall): Promise<Response> {
  const { portal, site, caller, actor, token, request } = call;
  const allowed = async () => {
    const now = await callerOf(portal.db, token, portal.nowMs());
    return now !== null && permissionsAt(now.grants, site.org, site.id).includes('view');
  };
  return liveResponse({
    hub: portal.hub,
    site: site.id,
    signal: request.signal,
    proposals: () => portal.proposals.list(actor),
    admit: (end) => portal.viewers.admit({ session: token, person: caller.id, site: site.id, allowed, end }),
  });
}

export async function listProposals({ portal, actor, query }: SiteCall): Promise<Response> {
  return json(await portal.proposals.list(actor, query.get('before') ?? undefined));
}

export async function makeProposal({ portal, actor, token, request }: SiteCall): Promise<Response> {
  const input = await readBody(request, proposalInput);
  return json(await portal.proposals.propose({ ...actor, session: token }, input), { status: 201 });
}

export async function actOnProposal({ portal, actor, token, params, request }: SiteCall): Promise<Response> {
  const action = PROPOSAL_ACTIONS.find((known) => known === params.action);
  if (!action) throw new ProblemError('not-found');
  const { reason } = await readBody(request, reasonInput, {});
  return json(await portal.proposals.act({ ...actor, session: token }, params.id ?? '', action, reason));
}

export async function listAudit({ portal, site, query }: SiteCall): Promise<Response> {
  const before = auditIndex.safeParse(query.get('before') ?? undefined);
  if (!before.success) throw new ProblemError('bad-request', 'before: the index of a row of the audit');
  return json(await auditOf(portal.db, { org: site.org, site: site.id, before: before.data }));
}
