/** What people do with proposals: make, approve, reject, withdraw, revoke. Four eyes: nobody approves their own. */
import { randomUUID } from 'node:crypto';
import { breachOf } from '@wattward/broker/wire/allowance';
import type { SiteDescription } from '@wattward/broker/wire/site';
import type { Kinship, Permission, Proposal, ProposalInput, ProposalStatus } from '../../contract/api.ts';
import { whoIs } from '../accounts/identity.ts';
import { lineageOf } from '../accounts/lineage.ts';
import { record } from '../audit/audit.ts';
import type { PortalDatabase } from '../database/schema.ts';
import type { LiveHub } from '../live/hub.ts';
import { ProblemError } from '../problems/problem.ts';
import { kinshipOf } from '../rights/kinship.ts';
import type { Delivery } from './delivery.ts';
import { ENDING, IN_FORCE, mayDo, OPEN } from './lifecycle.ts';
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
import type { Signer } from './signer-client.ts';

/** An approver has this long; then the proposal lapses. */
const WAITS_MS = 24 * 3_600_000;
/** Proposals that are over, on one page; all that are not are on the first one. */
export const PAGE_ROWS = 50;
/** Proposals of one person that wait for a decision at one site, and of all people together. */
export const MOST_WAITING_OF_PERSON = 20;
export const MOST_WAITING_AT_SITE = 100;

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

/** Somebody who is here, by the token of the session: what the signer wants to see. */
export interface PresentActor extends Actor {
  readonly session: string;
}

export interface ProposalContext {
  readonly db: PortalDatabase;
  readonly hub: LiveHub;
  readonly delivery: Pick<Delivery, 'kick'>;
  readonly signer: Pick<Signer, 'note'>;
  readonly nowMs: () => number;
  /** How long an account does not approve what its maker proposes. */
  readonly approverWaitMs: number;
}

export class Proposals {
  readonly #context: ProposalContext;

  constructor(context: ProposalContext) {
    this.#context = context;
  }

  /**
   * All that are not over, then the newest that are; bounded, since what waits is.
   * @param before the id of one that is over: only those older than it.
   */
  async list(actor: Actor, before?: string): Promise<Proposal[]> {
    const { db } = this.#context;
    if (before !== undefined) return presented(db, await this.#over(actor, before), actor);
    const open = (await proposalsIn(db, actor.site, OPEN)).reverse();
    return presented(db, [...open, ...(await this.#over(actor))], actor);
  }

  async #over(actor: Actor, before?: string): Promise<ProposalRow[]> {
    const { db } = this.#context;
    let query = db
      .selectFrom('proposal')
      .selectAll()
      .where('org_id', '=', actor.org)
      .where('site_id', '=', actor.site)
      .where('status', 'not in', [...OPEN]);
    if (before !== undefined) {
      const last = await findProposal(db, { ...actor, id: before });
      if (!last) throw new ProblemError('not-found');
      query = query.where((where) =>
        where.or([
          where('proposed_ms', '<', last.proposed_ms),
          where.and([where('proposed_ms', '=', last.proposed_ms), where('id', '<', last.id)]),
        ]),
      );
    }
    const rows = await query.orderBy('proposed_ms', 'desc').orderBy('id', 'desc').limit(PAGE_ROWS).execute();
    return rows.map(asRow);
  }

  async inForce(actor: Actor): Promise<Proposal[]> {
    const { db } = this.#context;
    return presented(db, await proposalsIn(db, actor.site, [...IN_FORCE, ...ENDING]), actor);
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

  /** @throws ProblemError `site-unknown`, `unsupported-kind`, `out-of-bounds`, `too-many-waiting`, `signer-unavailable`. */
  async propose(actor: PresentActor, input: ProposalInput): Promise<Proposal> {
    const { db, hub, signer, nowMs } = this.#context;
    const { description } = hub.site(actor.site);
    if (!description) throw new ProblemError('site-unknown');
    checkAllowed(input, description);
    await this.#checkRoom(db, actor);
    const siteNowMs = hub.siteNowMs(actor.site);
    const draft: ProposalRow = {
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
      kinship: null,
      proposed_proof: null,
      approved_proof: null,
      revoked_proof: null,
    };
    const { session } = actor;
    const row = {
      ...draft,
      proposed_proof: await signer.note({ ask: 'propose', session, matter: matterOf(draft) }),
    };
    await db.transaction().execute(async (trx) => {
      await this.#checkRoom(trx, actor);
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

  /** @throws ProblemError `too-many-waiting`. */
  async #checkRoom(db: PortalDatabase, actor: Actor): Promise<void> {
    const waiting = await db
      .selectFrom('proposal')
      .select('proposed_by_id')
      .where('site_id', '=', actor.site)
      .where('status', '=', 'proposed' satisfies ProposalStatus)
      .execute();
    const own = waiting.filter(({ proposed_by_id }) => proposed_by_id === actor.id).length;
    if (own >= MOST_WAITING_OF_PERSON)
      throw new ProblemError(
        'too-many-waiting',
        `${own} proposals of yours wait for a decision at this site`,
      );
    if (waiting.length >= MOST_WAITING_AT_SITE)
      throw new ProblemError(
        'too-many-waiting',
        `${waiting.length} proposals wait for a decision at this site`,
      );
  }

  /**
   * @throws ProblemError `not-found`, `own-proposal`, `linked-approver`, `wrong-status`, `signer-unavailable`,
   *   `signer-refused`.
   */
  async act(actor: PresentActor, id: string, action: ProposalAction, reason?: string): Promise<Proposal> {
    const { db, hub, delivery } = this.#context;
    const row = await findProposal(db, { org: actor.org, site: actor.site, id });
    if (!row) throw new ProblemError('not-found');
    this.#check(actor, row, action);
    const step = this.#step(actor, row, action, reason);
    const moved = await move(db, row, { ...step, ...(await this.#proven(actor, row, { action, step })) });
    if (!moved) throw new ProblemError('wrong-status');
    if (action === 'approve' || action === 'revoke') delivery.kick(actor.site);
    hub.proposalsChanged(actor.site);
    return this.#one(actor, id);
  }

  /** What the signer must have seen itself before the step is taken. */
  async #proven(
    { session, id }: PresentActor,
    row: ProposalRow,
    { action, step }: { action: ProposalAction; step: Step },
  ): Promise<Pick<Step, 'set' | 'detail'>> {
    const { signer } = this.#context;
    if (action === 'revoke') {
      const proof = await signer.note({ ask: 'revoke', session, site: row.site_id, id: row.id });
      return { set: { ...step.set, revoked_proof: proof } };
    }
    if (action !== 'approve') return {};
    const kinship = await this.#kinship(row.proposed_by_id, id);
    if (kinship === 'proposer-made-approver') throw new ProblemError('linked-approver');
    const proposed = row.proposed_proof ?? '';
    const proof = await signer.note({ ask: 'approve', session, matter: matterOf(row), proposed });
    return {
      set: { ...step.set, kinship, approved_proof: proof },
      detail: kinship === null ? {} : { kinship },
    };
  }

  async #kinship(proposer: string, approver: string): Promise<Kinship | null> {
    const { db, nowMs, approverWaitMs } = this.#context;
    const young = { nowMs: nowMs(), youngMs: approverWaitMs };
    return kinshipOf(await lineageOf(db, proposer), await lineageOf(db, approver), young);
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
        return { ...common, to: 'revoking' };
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

/** What the signer holds proposal, approval and signature against. */
function matterOf(row: ProposalRow) {
  const { id, site_id: site, kind, duration_ms: durationMs } = row;
  return { id, site, kind, value: JSON.parse(row.value_json), durationMs };
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
