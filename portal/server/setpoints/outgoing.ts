/**
 * Signed messages on their way. A message is signed for one start of the box (its challenge) and with a sequence
 * above all before; it is kept before it leaves, so that a restart sends the same one again.
 */
import { randomUUID } from 'node:crypto';
import { PORTAL_KEY, setpoint as setpointSchema } from '@wattward/broker/wire/setpoint';
import type { SiteDescription } from '@wattward/broker/wire/site';
import type { OutgoingTable, PortalDatabase } from '../database/schema.ts';
import type { BrokerLink } from '../live/broker-link.ts';
import { iso, type ProposalRow } from './proposal-rows.ts';
import type { SetpointDraft, Signer } from './signer-client.ts';

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

interface Signing {
  readonly body: Pick<SetpointDraft, 'kind' | 'value' | 'notBefore'>;
  /** The signer's own note of who wanted it. */
  readonly proof: string | null;
  readonly description: SiteDescription;
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

  /** Sends the proposal's set-point, signed anew when it must be. @returns false when it is not due yet. */
  async send(row: ProposalRow, description: SiteDescription): Promise<boolean> {
    if (this.#paused(row.id)) return false;
    this.#pause(row.id);
    const kept = await this.find(row.id);
    const body = {
      kind: row.kind as SetpointDraft['kind'],
      value: JSON.parse(row.value_json),
      notBefore: iso((row.decided_ms ?? 0) - CLOCK_MARGIN_MS),
    };
    const draft = kept ?? newMessage(row, row.id, 'set');
    await this.#sendSigned(draft, { body, proof: row.approved_proof, description });
    return true;
  }

  /** Sends the wish to end the proposal's set-point: again and again, for as long as the proposal waits for it. */
  async sendRevoke(row: ProposalRow, description: SiteDescription, siteNowMs: number): Promise<void> {
    const kept = await this.#revokeOf(row);
    if (siteNowMs >= row.expires_ms || this.#paused(kept.message_id)) return;
    this.#pause(kept.message_id);
    const body = {
      kind: 'revoke' as const,
      value: { id: row.id },
      notBefore: iso(siteNowMs - CLOCK_MARGIN_MS),
    };
    await this.#sendSigned(kept, { body, proof: row.revoked_proof, description });
  }

  async #revokeOf(row: ProposalRow): Promise<OutgoingTable> {
    const { db } = this.#context;
    const kept = await db
      .selectFrom('outgoing')
      .selectAll()
      .where('proposal_id', '=', row.id)
      .where('purpose', '=', 'revoke')
      .where('answered', '=', 0)
      .executeTakeFirst();
    if (kept) return kept;
    const message = newMessage(row, randomUUID(), 'revoke');
    await db.insertInto('outgoing').values(message).execute();
    return message;
  }

  /** Signs again at the next send, whenever that is due. */
  async loseSignature(messageId: string): Promise<void> {
    await this.#change(messageId, { challenge: '' });
  }

  /** Notes what stands in the way of the proposal's messages. @returns false when that was known. */
  async setAside(proposalId: string, problem: string): Promise<boolean> {
    const changed = await this.#context.db
      .updateTable('outgoing')
      .set({ set_aside: problem })
      .where('proposal_id', '=', proposalId)
      .where('answered', '=', 0)
      .where((where) => where.or([where('set_aside', 'is', null), where('set_aside', '!=', problem)]))
      .executeTakeFirst();
    return changed.numUpdatedRows > 0n;
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

  async #sendSigned(kept: OutgoingTable, how: Signing): Promise<void> {
    const out = isCurrent(kept, how.description) ? kept : await this.#sign(kept, how);
    const message = setpointSchema.parse(JSON.parse(out.body_json));
    await this.#context.link.publish('siteSetpoint', { siteId: out.site_id }, message);
    await this.#change(out.message_id, { attempts: out.attempts + 1 });
  }

  async #sign(draft: OutgoingTable, { body, proof, description }: Signing): Promise<OutgoingTable> {
    const { db, signer } = this.#context;
    const last = await db
      .selectFrom('outgoing')
      .select(({ fn }) => fn.max('seq').as('seq'))
      .where('site_id', '=', draft.site_id)
      .executeTakeFirst();
    const seq = Math.max(Number(last?.seq ?? 0), description.setpointSeqs[PORTAL_KEY] ?? 0) + 1;
    const { challenge } = description;
    const signed = await signer.sign(
      {
        v: 1,
        id: draft.message_id,
        site: draft.site_id,
        expires: iso(draft.expires_ms),
        expectedSaving: null,
        key: PORTAL_KEY,
        seq,
        challenge,
        ...body,
      },
      proof ?? '',
    );
    const values = { ...draft, seq, challenge, answered: 0, body_json: JSON.stringify(signed) };
    await db
      .insertInto('outgoing')
      .values(values)
      .onConflict((conflict) => conflict.column('message_id').doUpdateSet(values))
      .execute();
    return values;
  }

  /** Before anything is tried, so that what cannot be sent is not tried every second either. */
  #pause(messageId: string): void {
    const sends = (this.#pauses.get(messageId)?.sends ?? 0) + 1;
    const pauseMs = Math.min(LONGEST_PAUSE_MS, RESEND_MS * 2 ** Math.min(10, sends - 1));
    this.#pauses.set(messageId, { sends, untilMs: this.#context.nowMs() + pauseMs });
  }

  #paused(messageId: string): boolean {
    return (this.#pauses.get(messageId)?.untilMs ?? 0) > this.#context.nowMs();
  }

  async #change(messageId: string, values: Partial<OutgoingTable>): Promise<void> {
    await this.#context.db.updateTable('outgoing').set(values).where('message_id', '=', messageId).execute();
  }
}

/** Signed for this start of the box, and in a form that today's boxes read. */
function isCurrent(kept: OutgoingTable, { challenge }: SiteDescription): boolean {
  return kept.challenge === challenge && setpointSchema.safeParse(JSON.parse(kept.body_json)).success;
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
    set_aside: null,
  };
}
