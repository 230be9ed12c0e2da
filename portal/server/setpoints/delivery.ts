/**
 * Brings approved set-points to the boxes: sends, sends again until the box answers or the time is over, and turns
 * its acknowledgements into steps of the proposal. Nothing is assumed from a publish that worked: only the box says
 * that something is in force, by an acknowledgement or by listing it in its state.
 */
import type { SetpointAck } from '@wattward/broker/wire/setpoint';
import type { ProposalStatus } from '../../contract/api.ts';
import { record } from '../audit.ts';
import type { OutgoingTable } from '../database/schema.ts';
import type { LiveHub } from '../live/hub.ts';
import { errorText, log } from '../log.ts';
import { IN_FORCE, UNDERWAY } from './lifecycle.ts';
import { type OutgoingContext, OutgoingMessages } from './outgoing.ts';
import { asRow, move, type ProposalRow, proposalsIn, type Step } from './proposal-rows.ts';

const OPEN = ['proposed', ...UNDERWAY, ...IN_FORCE] as const;
/** After its end a set-point that the box no longer lists is taken as completed. */
const GRACE_MS = 60_000;
const LOOK_EVERY_MS = 1000;

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
    Promise.all([proposalsIn(this.#context.db, null, OPEN), this.#messages.unanswered(null)])
      .then((found) => {
        for (const site of new Set(found.flat().map((row) => row.site_id))) this.kick(site);
      })
      .catch((error) => log.error('set-points cannot be looked at', { problem: errorText(error) }));
  }

  kick(site: string): void {
    this.#inTurn(site, () => this.#attend(site));
  }

  /** Tells the box to end a set-point that it may hold. */
  revoke(row: ProposalRow, by: string): void {
    this.#inTurn(row.site_id, () => this.#messages.planRevoke(row, by));
    this.kick(row.site_id);
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
    const { description, connection } = hub.site(site);
    if (!description || connection !== 'online' || !link.connected) return;
    for (const row of await proposalsIn(db, site, UNDERWAY)) {
      const sent = await this.#messages.send(row, description);
      if (sent && row.status === 'approved') await this.#step(row, { to: 'delivered', by: 'portal' });
    }
    for (const out of await this.#messages.unanswered(site)) {
      if (out.purpose === 'revoke') await this.#messages.sendRevoke(out, description, siteNowMs);
    }
  }

  async #runOut(row: ProposalRow, siteNowMs: number): Promise<void> {
    const to = this.#overdueStatus(row, siteNowMs);
    if (to) await this.#step(row, { to, by: to === 'active' ? 'box' : 'portal' });
  }

  #overdueStatus(row: ProposalRow, siteNowMs: number): ProposalStatus | null {
    if (row.status === 'proposed') return siteNowMs >= row.expires_ms ? 'expired' : null;
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
    if (out.purpose === 'revoke') return this.#takeRevoke(out, row, ack);
    const { status: to, why = null, params } = ack;
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

  async #takeRevoke(out: OutgoingTable, row: ProposalRow, ack: SetpointAck): Promise<void> {
    await this.#messages.answered(out.message_id);
    const gone = ack.status !== 'refused' || ack.why === 'unknown-id';
    const moved = gone && (await this.#step(row, { to: 'revoked', by: 'box', why: ack.why ?? null }));
    // The person's word has moved it already: that the box has ended it is worth a row of its own.
    if (!moved) await this.#recordStray(out.site_id, gone ? { ...ack, id: row.id, status: 'revoked' } : ack);
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
