/**
 * Brings approved set-points to the boxes: sends, sends again until the box answers or the time is over, and turns
 * its acknowledgements into steps of the proposal. Nothing is assumed from a publish that worked: only the box says
 * that something is in force, by an acknowledgement or by listing it in its state.
 */
import type { SetpointAck } from '@wattward/broker/wire/setpoint';
import type { SiteDescription } from '@wattward/broker/wire/site';
import type { ProposalStatus } from '../../contract/api.ts';
import { record } from '../audit/audit.ts';
import type { OutgoingTable } from '../database/schema.ts';
import type { LiveHub } from '../live/hub.ts';
import { errorText, log } from '../problems/log.ts';
import { ENDING, IN_FORCE, OPEN, UNDERWAY } from './lifecycle.ts';
import { type OutgoingContext, OutgoingMessages } from './outgoing.ts';
import { asRow, move, type ProposalRow, proposalsIn, type Step } from './proposal-rows.ts';

/** After its end a set-point that the box no longer lists is taken as completed. */
const GRACE_MS = 60_000;
const LOOK_EVERY_MS = 1000;
/** Failures that say nothing about the message. */
const PASSING = ['not-connected', 'signer-unavailable'] as const;

export interface DeliveryContext extends OutgoingContext {
  readonly hub: LiveHub;
}

export class Delivery {
  readonly #context: DeliveryContext;
  readonly #messages: OutgoingMessages;
  /** One thing at a time for each site. */
  readonly #turns = new Map<string, Promise<void>>();
  #ticker: NodeJS.Timeout | undefined;

  constructor(context: DeliveryContext) {
    this.#context = context;
    this.#messages = new OutgoingMessages(context);
    context.hub.listen({
      ack: (site, ack) => this.#inTurn(site, () => this.#take(site, ack)),
      description: (site) => this.kick(site),
    });
  }

  start(): void {
    this.#ticker = setInterval(() => this.tick(), LOOK_EVERY_MS);
    this.#ticker.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    await this.settled();
  }

  /** Resolves when what has come in so far is dealt with. */
  async settled(): Promise<void> {
    await Promise.all(this.#turns.values());
  }

  /** Looks at every open proposal: what has run out, what is due to be sent (again). */
  tick(): void {
    proposalsIn(this.#context.db, null, OPEN)
      .then((found) => {
        for (const site of new Set(found.map((row) => row.site_id))) this.kick(site);
      })
      .catch((error) => log.error('set-points cannot be looked at', { problem: errorText(error) }));
  }

  kick(site: string): void {
    this.#inTurn(site, () => this.#attend(site));
  }

  #inTurn(site: string, work: () => Promise<void>): void {
    const turn = (this.#turns.get(site) ?? Promise.resolve())
      .then(work)
      .catch((error) => log.warn('set-point', { site, problem: errorText(error) }));
    this.#turns.set(site, turn);
  }

  async #attend(site: string): Promise<void> {
    const { db, hub, link } = this.#context;
    const siteNowMs = hub.siteNowMs(site);
    for (const row of await proposalsIn(db, site, OPEN)) await this.#runOut(row, siteNowMs);
    for (const row of await proposalsIn(db, site, ENDING)) await this.#endUnsent(row);
    const { description, connection } = hub.site(site);
    if (!description || connection !== 'online' || !link.connected) return;
    for (const row of await proposalsIn(db, site, UNDERWAY)) {
      await this.#orSetAside(row, () => this.#send(row, description));
    }
    for (const row of await proposalsIn(db, site, ENDING)) {
      await this.#orSetAside(row, () => this.#messages.sendRevoke(row, description, siteNowMs));
    }
  }

  /** What never left the portal is ended without the box. */
  async #endUnsent(row: ProposalRow): Promise<void> {
    if (await this.#messages.find(row.id)) return;
    await this.#step(row, { to: 'revoked', by: 'portal', why: row.why });
  }

  async #send(row: ProposalRow, description: SiteDescription): Promise<void> {
    const sent = await this.#messages.send(row, description);
    if (sent && row.status === 'approved') await this.#step(row, { to: 'delivered', by: 'portal' });
  }

  /**
   * What cannot be sent stands in nobody's way: it is written down and told once, tried again now and then, and
   * the others of the site go on. A broker or signer that is away is no fault of the message.
   */
  async #orSetAside(row: ProposalRow, send: () => Promise<void>): Promise<void> {
    try {
      await send();
    } catch (error) {
      if (PASSING.some((code) => code === codeOf(error))) throw error;
      const problem = errorText(error);
      log.error('a set-point cannot be sent', { site: row.site_id, proposal: row.id, problem });
      if (!(await this.#messages.find(row.id))) {
        await this.#step(row, { to: 'refused', by: 'portal', why: 'unsendable', detail: { problem } });
      } else await this.#tellTrouble(row, 'unsendable', problem);
    }
  }

  /** Shows with the proposal what keeps it from going on, and writes it down: once for each trouble. */
  async #tellTrouble(row: ProposalRow, trouble: string, problem: string): Promise<void> {
    const { db, hub, nowMs } = this.#context;
    if (!(await this.#messages.setAside(row.id, problem))) return;
    await db.transaction().execute(async (trx) => {
      const params_json = JSON.stringify({ trouble });
      await trx.updateTable('proposal').set({ params_json }).where('id', '=', row.id).execute();
      const entry = {
        org: row.org_id,
        site: row.site_id,
        who: 'portal',
        action: 'setpoint-stuck',
        subject: row.id,
        detail: { status: row.status, why: trouble, problem },
      };
      await record(trx, entry, nowMs());
    });
    hub.proposalsChanged(row.site_id);
  }

  async #runOut(row: ProposalRow, siteNowMs: number): Promise<void> {
    const to = this.#overdueStatus(row, siteNowMs);
    if (to) await this.#step(row, { to, by: to === 'active' ? 'box' : 'portal' });
  }

  #overdueStatus(row: ProposalRow, siteNowMs: number): ProposalStatus | null {
    if (row.status === 'proposed') return siteNowMs >= row.expires_ms ? 'expired' : null;
    if (row.status === 'revoking') return siteNowMs > row.expires_ms + GRACE_MS ? 'expired' : null;
    const state = this.#context.hub.site(row.site_id).state;
    const listed = state?.setpoints.some(({ id }) => id === row.id) ?? false;
    if (listed) return row.status === 'active' ? null : 'active';
    if (IN_FORCE.some((status) => status === row.status)) {
      return siteNowMs > row.expires_ms + GRACE_MS ? 'completed' : null;
    }
    return siteNowMs >= row.expires_ms ? 'expired' : null;
  }

  async #take(site: string, ack: SetpointAck): Promise<void> {
    const out = ack.id === '' ? undefined : await this.#messages.find(ack.id);
    const row = out?.site_id === site ? await this.#proposal(out.proposal_id) : undefined;
    if (!out || !row) return this.#recordStray(site, ack);
    if (await this.#isTriedAgain(out, row, ack)) return this.kick(site);
    if (out.purpose === 'revoke') return this.#takeRevoke(row, ack);
    const { status: to, params } = ack;
    const why = ack.why ?? (to === 'revoked' ? row.why : null);
    const moved = await this.#step(row, { to, by: 'box', why, params });
    if (!moved && to === 'refused') await this.#recordStray(site, ack);
  }

  /** The box has started anew, or knows a higher sequence than we do: the same set-point is signed once more. */
  async #isTriedAgain(out: OutgoingTable, row: ProposalRow, ack: SetpointAck): Promise<boolean> {
    const oldSignature = ack.why === 'stale-challenge' || ack.why === 'replayed';
    const wanted = out.purpose === 'revoke' || UNDERWAY.some((status) => status === row.status);
    if (ack.status !== 'refused' || !wanted || out.answered === 1) return false;
    // It will know the time soon; the same message is sent again until then.
    if (ack.why === 'clock-untrusted') return true;
    if (!oldSignature) return false;
    // An answer to an earlier signature of the same set-point says nothing about the present one.
    if (ack.seq !== null && ack.seq !== out.seq) return true;
    return this.#messages.signAgain(out.message_id);
  }

  async #takeRevoke(row: ProposalRow, ack: SetpointAck): Promise<void> {
    if (row.status !== 'revoking') return;
    if (ack.status !== 'refused' || ack.why === 'unknown-id') {
      await this.#step(row, { to: 'revoked', by: 'box', why: row.why, params: {} });
      return;
    }
    // It goes on in the box: asked again, with a new signature, until its time is over.
    await this.#messages.loseSignature(ack.id);
    await this.#tellTrouble(row, ack.why ?? 'malformed', `the box refuses to end it: ${ack.why}`);
  }

  async #step(row: ProposalRow, step: Omit<Step, 'siteNowMs' | 'nowMs'>): Promise<boolean> {
    const { db, hub, nowMs } = this.#context;
    const siteNowMs = hub.siteNowMs(row.site_id);
    const moved = await move(db, row, { ...step, siteNowMs, nowMs: nowMs() });
    if (moved) hub.proposalsChanged(row.site_id);
    return moved;
  }

  /** What a box says about messages that are none of ours, or not any more: for the eyes of an auditor. */
  async #recordStray(site: string, ack: SetpointAck): Promise<void> {
    const { db, nowMs } = this.#context;
    await db.transaction().execute(async (trx) => {
      const owner = await trx
        .selectFrom('site')
        .select('org_id')
        .where('site_id', '=', site)
        .executeTakeFirst();
      if (!owner) return;
      const entry = {
        org: owner.org_id,
        site,
        who: 'box',
        action: `setpoint-${ack.status}`,
        subject: ack.id === '' ? 'unreadable' : ack.id,
        detail: { why: ack.why ?? null, seq: ack.seq, params: ack.params, at: ack.at },
      };
      await record(trx, entry, nowMs());
    });
  }

  async #proposal(id: string): Promise<ProposalRow | undefined> {
    const { db } = this.#context;
    const row = await db.selectFrom('proposal').selectAll().where('id', '=', id).executeTakeFirst();
    return row && asRow(row);
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}
