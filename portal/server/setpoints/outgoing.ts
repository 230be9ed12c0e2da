/**
 * Signed messages on their way. A message is signed for one start of the box (its challenge) and with a sequence
 * above all before; it is kept before it leaves, so that a restart sends the same one again.
 */
import { randomUUID } from 'node:crypto';
import { setpoint as setpointSchema, unsignedSetpoint } from '@wattward/broker/wire/setpoint';
import type { SiteDescription } from '@wattward/broker/wire/site';
import type { OutgoingTable, PortalDatabase } from '../database/schema.ts';
import type { BrokerLink } from '../live/broker-link.ts';
import { iso, type ProposalRow } from './proposal-rows.ts';
import type { Signer } from './signer-client.ts';

export const RESEND_MS = 5000;
const LONGEST_PAUSE_MS = 60_000;
const MOST_RESIGNS = 3;
/** The box's clock may be this much behind what we know of it. */
const CLOCK_MARGIN_MS = 60_000;

export interface OutgoingContext {
  readonly db: PortalDatabase;
  readonly link: Pick<BrokerLink, 'publish' | 'connected'>;
  readonly signer: Signer;
  readonly nowMs: () => number;
}

export class OutgoingMessages {
  readonly #context: OutgoingContext;
  readonly #pauses = new Map<string, { readonly sends: number; readonly untilMs: number }>();
  readonly #resigns = new Map<string, number>();

  constructor(context: OutgoingContext) {
    this.#context = context;
  }

  find(messageId: string): Promise<OutgoingTable | undefined> {
    return this.#context.db
      .selectFrom('outgoing')
      .selectAll()
      .where('message_id', '=', messageId)
      .executeTakeFirst();
  }

  /** Messages the box has not answered. */
  unanswered(site: string | null): Promise<OutgoingTable[]> {
    let query = this.#context.db.selectFrom('outgoing').selectAll().where('answered', '=', 0);
    if (site !== null) query = query.where('site_id', '=', site);
    return query.execute();
  }

  async answered(messageId: string): Promise<void> {
    await this.#change(messageId, { answered: 1 });
    this.#pauses.delete(messageId);
    this.#resigns.delete(messageId);
  }

  /** Sends the proposal's set-point, signed anew when it must be. @returns false when it is not due yet. */
  async send(row: ProposalRow, description: SiteDescription): Promise<boolean> {
    if (this.#paused(row.id)) return false;
    const kept = await this.find(row.id);
    const draft = kept ?? newMessage(row, row.id, 'set');
    const current = kept?.challenge === description.challenge ? kept : undefined;
    const body = {
      kind: row.kind,
      value: JSON.parse(row.value_json),
      issuer: row.proposed_by,
      approver: row.decided_by ?? '',
      notBefore: iso((row.decided_ms ?? 0) - CLOCK_MARGIN_MS),
    };
    await this.#publish(current ?? (await this.#sign(draft, body, description)));
    return true;
  }

  /** Notes that the box is to end the set-point of a proposal; nothing when it never left. */
  async planRevoke(row: ProposalRow, by: string): Promise<void> {
    if (!(await this.find(row.id))) return;
    const message = { ...newMessage(row, randomUUID(), 'revoke'), body_json: JSON.stringify({ issuer: by }) };
    await this.#context.db.insertInto('outgoing').values(message).execute();
  }

  async sendRevoke(kept: OutgoingTable, description: SiteDescription, siteNowMs: number): Promise<void> {
    if (this.#paused(kept.message_id)) return;
    if (siteNowMs >= kept.expires_ms) {
      await this.answered(kept.message_id);
      return;
    }
    const { issuer } = JSON.parse(kept.body_json) as { readonly issuer: string };
    const body = {
      kind: 'revoke',
      value: { id: kept.proposal_id },
      issuer,
      approver: issuer,
      notBefore: iso(siteNowMs - CLOCK_MARGIN_MS),
    };
    const current = kept.challenge === description.challenge ? kept : undefined;
    await this.#publish(current ?? (await this.#sign(kept, body, description)));
  }

  /** Makes the next send sign again. @returns false when that was tried often enough. */
  async signAgain(messageId: string): Promise<boolean> {
    const resigns = (this.#resigns.get(messageId) ?? 0) + 1;
    if (resigns > MOST_RESIGNS) return false;
    this.#resigns.set(messageId, resigns);
    await this.#change(messageId, { challenge: '' });
    this.#pauses.delete(messageId);
    return true;
  }

  async #sign(draft: OutgoingTable, body: object, description: SiteDescription): Promise<OutgoingTable> {
    const { db, signer } = this.#context;
    const last = await db
      .selectFrom('outgoing')
      .select(({ fn }) => fn.max('seq').as('seq'))
      .where('site_id', '=', draft.site_id)
      .executeTakeFirst();
    const seq = Math.max(Number(last?.seq ?? 0), description.setpointSeq) + 1;
    const { challenge } = description;
    const signed = await signer(
      unsignedSetpoint.parse({
        v: 1,
        id: draft.message_id,
        site: draft.site_id,
        expires: iso(draft.expires_ms),
        expectedSaving: null,
        seq,
        challenge,
        ...body,
      }),
    );
    const values = { ...draft, seq, challenge, answered: 0, body_json: JSON.stringify(signed) };
    await db
      .insertInto('outgoing')
      .values(values)
      .onConflict((conflict) => conflict.column('message_id').doUpdateSet(values))
      .execute();
    return values;
  }

  async #publish(out: OutgoingTable): Promise<void> {
    const sends = (this.#pauses.get(out.message_id)?.sends ?? 0) + 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, RESEND_MS * 2 ** Math.min(10, sends - 1));
    this.#pauses.set(out.message_id, { sends, untilMs: this.#context.nowMs() + pauseMs });
    const message = setpointSchema.parse(JSON.parse(out.body_json));
    await this.#context.link.publish('siteSetpoint', { siteId: out.site_id }, message);
    await this.#change(out.message_id, { attempts: out.attempts + 1 });
  }

  #paused(messageId: string): boolean {
    return (this.#pauses.get(messageId)?.untilMs ?? 0) > this.#context.nowMs();
  }

  async #change(messageId: string, values: Partial<OutgoingTable>): Promise<void> {
    await this.#context.db.updateTable('outgoing').set(values).where('message_id', '=', messageId).execute();
  }
}

function newMessage(row: ProposalRow, messageId: string, purpose: 'set' | 'revoke'): OutgoingTable {
  return {
    message_id: messageId,
    org_id: row.org_id,
    site_id: row.site_id,
    proposal_id: row.id,
    purpose,
    seq: 0,
    challenge: '',
    expires_ms: row.expires_ms,
    body_json: '{}',
    attempts: 0,
    answered: 0,
  };
}
