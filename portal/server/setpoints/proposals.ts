/** What people do with proposals: make, approve, reject, withdraw, revoke. Four eyes: nobody approves their own. */
import { randomUUID } from 'node:crypto';
import { breachOf } from '@wattward/broker/wire/allowance';
import type { SiteDescription } from '@wattward/broker/wire/site';
import type { Permission, Proposal, ProposalInput, ProposalStatus } from '../../contract/api.ts';
import { whoIs } from '../accounts/people.ts';
import { record } from '../audit.ts';
import type { PortalDatabase } from '../database/schema.ts';
import type { LiveHub } from '../live/hub.ts';
import { ProblemError } from '../problem.ts';
import type { Delivery } from './delivery.ts';
import { IN_FORCE, mayDo } from './lifecycle.ts';
import {
  addTransition,
  asRow,
  findProposal,
  move,
  type ProposalRow,
  presented,
  proposalsIn,
  type Step,
} from './proposal-rows.ts';

/** An approver has this long; then the proposal lapses. */
const WAITS_MS = 24 * 3_600_000;
const LIST_LIMIT = 100;

export type ProposalAction = 'approve' | 'reject' | 'withdraw' | 'revoke';
export const PROPOSAL_ACTIONS = ['approve', 'reject', 'withdraw', 'revoke'] as const;

/** Somebody at a site, with what they may do there. */
export interface Actor {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly org: string;
  readonly site: string;
  readonly permissions: readonly Permission[];
}

export interface ProposalContext {
  readonly db: PortalDatabase;
  readonly hub: LiveHub;
  readonly delivery: Pick<Delivery, 'kick' | 'revoke'>;
  readonly nowMs: () => number;
}

export class Proposals {
  readonly #context: ProposalContext;

  constructor(context: ProposalContext) {
    this.#context = context;
  }

  async list(actor: Actor): Promise<Proposal[]> {
    const { db } = this.#context;
    const rows = await db
      .selectFrom('proposal')
      .selectAll()
      .where('org_id', '=', actor.org)
      .where('site_id', '=', actor.site)
      .orderBy('proposed_ms', 'desc')
      .orderBy('id')
      .limit(LIST_LIMIT)
      .execute();
    return presented(db, rows.map(asRow), actor);
  }

  async inForce(actor: Actor): Promise<Proposal[]> {
    const { db } = this.#context;
    return presented(db, await proposalsIn(db, actor.site, IN_FORCE), actor);
  }

  /** Proposals waiting for somebody's approval, by site. */
  async waiting(org: string): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#context.db
      .selectFrom('proposal')
      .select(({ fn }) => ['site_id', fn.countAll<number>().as('n')])
      .where('org_id', '=', org)
      .where('status', '=', 'proposed' satisfies ProposalStatus)
      .groupBy('site_id')
      .execute();
    return new Map(rows.map((row) => [row.site_id, Number(row.n)]));
  }

  /** @throws ProblemError `site-unknown`, `unsupported-kind`, `out-of-bounds`. */
  async propose(actor: Actor, input: ProposalInput): Promise<Proposal> {
    const { db, hub, nowMs } = this.#context;
    const { description } = hub.site(actor.site);
    if (!description) throw new ProblemError('site-unknown');
    checkAllowed(input, description);
    const siteNowMs = hub.siteNowMs(actor.site);
    const row: ProposalRow = {
      id: randomUUID(),
      org_id: actor.org,
      site_id: actor.site,
      kind: input.kind,
      value_json: JSON.stringify(input.value),
      duration_ms: input.durationMinutes * 60_000,
      note: input.note.trim(),
      status: 'proposed',
      why: null,
      params_json: '{}',
      proposed_by_id: actor.id,
      proposed_by: whoIs(actor),
      proposed_ms: siteNowMs,
      decided_by: null,
      decided_ms: null,
      expires_ms: siteNowMs + WAITS_MS,
    };
    await db.transaction().execute(async (trx) => {
      await trx.insertInto('proposal').values(row).execute();
      await addTransition(trx, row, { to: 'proposed', by: row.proposed_by, siteNowMs });
      const detail = {
        kind: input.kind,
        value: { ...input.value },
        minutes: input.durationMinutes,
        note: row.note,
      };
      await record(
        trx,
        {
          org: actor.org,
          site: actor.site,
          who: row.proposed_by,
          action: 'proposal-proposed',
          subject: row.id,
          detail,
        },
        nowMs(),
      );
    });
    hub.proposalsChanged(actor.site);
    return this.#one(actor, row.id);
  }

  /** @throws ProblemError `not-found`, `own-proposal`, `wrong-status`. */
  async act(actor: Actor, id: string, action: ProposalAction, reason?: string): Promise<Proposal> {
    const { db, hub, delivery } = this.#context;
    const row = await findProposal(db, { org: actor.org, site: actor.site, id });
    if (!row) throw new ProblemError('not-found');
    this.#check(actor, row, action);
    const moved = await move(db, row, this.#step(actor, row, action, reason));
    if (!moved) throw new ProblemError('wrong-status');
    if (action === 'approve') delivery.kick(actor.site);
    if (action === 'revoke') delivery.revoke(row, whoIs(actor));
    hub.proposalsChanged(actor.site);
    return this.#one(actor, id);
  }

  #check(actor: Actor, row: ProposalRow, action: ProposalAction): void {
    if (mayDo({ status: row.status, proposedById: row.proposed_by_id }, actor).includes(action)) return;
    const right = ({ approve: 'approve', reject: 'approve', withdraw: 'propose', revoke: 'revoke' } as const)[
      action
    ];
    if (!actor.permissions.includes(right)) throw new ProblemError('not-found');
    const own = row.proposed_by_id === actor.id;
    if (row.status === 'proposed' && own && action === 'approve') throw new ProblemError('own-proposal');
    throw new ProblemError('wrong-status', `It is ${row.status}; you cannot ${action} it`);
  }

  #step(actor: Actor, row: ProposalRow, action: ProposalAction, reason: string | undefined): Step {
    const { hub, nowMs } = this.#context;
    const siteNowMs = hub.siteNowMs(actor.site);
    const decided = { decided_by: whoIs(actor), decided_ms: siteNowMs };
    const common = { by: whoIs(actor), siteNowMs, nowMs: nowMs(), why: reason?.trim() || null };
    switch (action) {
      case 'approve':
        return {
          ...common,
          to: 'approved',
          why: null,
          set: { ...decided, expires_ms: siteNowMs + row.duration_ms },
        };
      case 'reject':
        return { ...common, to: 'rejected', set: decided };
      case 'withdraw':
        return { ...common, to: 'withdrawn' };
      case 'revoke':
        return { ...common, to: 'revoked' };
    }
  }

  async #one(actor: Actor, id: string): Promise<Proposal> {
    const { db } = this.#context;
    const row = await findProposal(db, { org: actor.org, site: actor.site, id });
    const [proposal] = row ? await presented(db, [row], actor) : [];
    if (!proposal) throw new ProblemError('not-found');
    return proposal;
  }
}

/** Judged as the box will judge it: a person learns at once, in words, what would be refused there. */
function checkAllowed({ kind, value }: ProposalInput, { bounds, choices = {} }: SiteDescription): void {
  const breach = breachOf({ kind, value }, { numbers: bounds, choices });
  if (!breach) return;
  const { value: asked, min, max, unit } = breach.params;
  if (breach.why === 'unsupported-kind') throw new ProblemError('unsupported-kind');
  if (breach.why === 'unknown-target') {
    throw new ProblemError('out-of-bounds', `${kind}: "${asked}" is not among what the installer allows`);
  }
  if (min === undefined || max === undefined) {
    throw new ProblemError('out-of-bounds', `${kind}: the installer allows no number here`);
  }
  const side =
    Number(asked) < Number(min) ? `below the lowest allowed, ${min}` : `above the highest allowed, ${max}`;
  throw new ProblemError('out-of-bounds', `${kind}: ${asked} ${unit} is ${side} ${unit}`);
}
