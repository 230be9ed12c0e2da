/**
 * Decides what is signed. The web process is not believed about people: whoever proposes, approves or revokes shows
 * the token of a running session, which the signer looks up itself, with the person's rights and who made which
 * account. What it found it notes in a proof; a set-point is signed by such a proof only, for exactly the matter
 * proposed and approved, under the names the signer knows, not longer than was approved.
 */
import { type KeyObject, sign } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import { type UnsignedSetpoint, unsignedSetpoint } from '@wattward/broker/wire/setpoint';
import type { Permission } from '../contract/api.ts';
import { normalEmail, whoIs } from '../server/accounts/identity.ts';
import { kinshipOf } from '../server/rights/kinship.ts';
import { permissionsAt } from '../server/rights/permissions.ts';
import { lookIntoPeople, type Member, type People } from './people-file.ts';
import { matterDigest, type Note, noteKey, readProof, writeProof } from './proof.ts';
import { type SigningAnswer, type SigningRefusal, type SigningRequest, signingRequest } from './requests.ts';

export interface NotaryOptions {
  readonly key: KeyObject;
  /** The portal's database. */
  readonly peopleFile: string;
  readonly nowMs: () => number;
  /** How long an account does not approve for the one that made it. */
  readonly youngMs: number;
}

const LONGEST_MS = 31 * 86_400_000;
/** A set-point may begin this much before it was approved, by the portal's idea of the box's clock. */
const CLOCK_MARGIN_MS = 60_000;
/** On top of the time approved: boxes come late. */
const PROOF_SLACK_MS = 86_400_000;
/** From proposal to approval, with some days for a site whose clock is slow. */
const PROPOSAL_MS = 7 * 86_400_000;

class Refusal extends Error {
  readonly code: SigningRefusal;

  constructor(code: SigningRefusal, message: string) {
    super(message);
    this.code = code;
  }
}

/** @param line the request as JSON. */
export function notaryAnswer(options: NotaryOptions, line: string): SigningAnswer {
  try {
    const request = readRequest(line);
    return lookInto(options, (people) =>
      decide(request, { ...options, people, notes: noteKey(options.key) }),
    );
  } catch (error) {
    if (error instanceof Refusal) return { error: { code: error.code, message: error.message } };
    throw error;
  }
}

interface Desk extends NotaryOptions {
  readonly people: People;
  readonly notes: Buffer;
}

function decide(request: SigningRequest, desk: Desk): SigningAnswer {
  const atMs = desk.nowMs();
  switch (request.ask) {
    case 'propose': {
      const by = present(desk, request.session, request.matter.site, 'propose');
      return noted(desk, { act: 'propose', matter: matterDigest(request.matter), by, atMs });
    }
    case 'approve': {
      const by = present(desk, request.session, request.matter.site, 'approve');
      const matter = matterDigest(request.matter);
      const proposed = proofOf(desk, request.proposed, 'propose', { matter, lastsMs: PROPOSAL_MS });
      checkTwoPeople(desk, proposed.by, by);
      const { durationMs } = request.matter;
      return noted(desk, { act: 'approve', matter, proposedBy: proposed.by, by, atMs, durationMs });
    }
    case 'revoke': {
      const { id, site } = request;
      const by = present(desk, request.session, site, 'revoke');
      return noted(desk, { act: 'revoke', matter: matterDigest({ id, site }), by, atMs });
    }
    case 'sign':
      return { setpoint: signed(desk, request.draft, request.proof) };
  }
}

function signed(desk: Desk, draft: Readonly<Record<string, unknown>>, proof: string) {
  const note = readProof(desk.notes, proof);
  if (!note || note.act === 'propose') throw new Refusal('bad-proof', 'not a proof that this signer gave');
  const by = memberOf(desk, note.by);
  const issuer = note.act === 'approve' ? memberOf(desk, note.proposedBy) : by;
  const parsed = unsignedSetpoint.safeParse({ ...draft, issuer: whoIs(issuer), approver: whoIs(by) });
  if (!parsed.success) throw new Refusal('malformed', `not a set-point: ${parsed.error.issues[0]?.message}`);
  const setpoint = parsed.data;
  const lastsMs = Date.parse(setpoint.expires) - Date.parse(setpoint.notBefore);
  if (lastsMs <= 0 || lastsMs > LONGEST_MS)
    throw new Refusal('too-long', 'valid for more than 31 days or not at all');
  checkProven(desk, setpoint, { note, proof, lastsMs });
  const signature = sign(null, Buffer.from(canonicalJson(setpoint)), desk.key).toString('base64url');
  return { ...setpoint, signature };
}

function checkProven(
  desk: Desk,
  setpoint: UnsignedSetpoint,
  { note, proof, lastsMs }: { note: Note; proof: string; lastsMs: number },
): void {
  const { id, site, kind, value } = setpoint;
  if (kind === 'revoke') {
    const matter = matterDigest({ id: value.id, site });
    proofOf(desk, proof, 'revoke', { matter, lastsMs: LONGEST_MS + PROOF_SLACK_MS });
    return;
  }
  const durationMs = note.act === 'approve' ? note.durationMs : 0;
  const matter = matterDigest({ id, site, kind, value, durationMs });
  proofOf(desk, proof, 'approve', { matter, lastsMs: durationMs + PROOF_SLACK_MS });
  if (lastsMs > durationMs + CLOCK_MARGIN_MS)
    throw new Refusal('too-long', 'valid for longer than was approved');
}

/** The person behind the session, who holds the right at the site. */
function present({ people, nowMs }: Desk, session: string, site: string, right: Permission): string {
  const id = people.holder(session, nowMs());
  if (id === null) throw new Refusal('no-session', 'nobody is signed in with this session');
  const organisation = people.organisationOf(site);
  const held = organisation === null ? [] : permissionsAt(people.grants(id), organisation, site);
  if (!held.includes(right)) throw new Refusal('no-right', `without the right to ${right} at ${site}`);
  return id;
}

/** Persons are told apart by their ids and e-mails, never by how their names are written. */
function checkTwoPeople(desk: Desk, proposer: string, approver: string): void {
  const [one, other] = [memberOf(desk, proposer), memberOf(desk, approver)];
  if (one.id === other.id || normalEmail(one.email) === normalEmail(other.email))
    throw new Refusal('own-proposal', 'proposer and approver are the same person');
  const young = { nowMs: desk.nowMs(), youngMs: desk.youngMs };
  const kinship = kinshipOf(desk.people.lineage(proposer), desk.people.lineage(approver), young);
  if (kinship === 'proposer-made-approver')
    throw new Refusal('linked-approver', 'the account of the approver was made by the proposer');
}

function proofOf<A extends Note['act']>(
  { notes, nowMs }: Desk,
  proof: string,
  act: A,
  wanted: { readonly matter: string; readonly lastsMs: number },
): Extract<Note, { act: A }> {
  const note = readProof(notes, proof);
  if (note?.act !== act || note.matter !== wanted.matter)
    throw new Refusal('bad-proof', `no proof that somebody did ${act} this`);
  if (nowMs() - note.atMs > wanted.lastsMs) throw new Refusal('proof-over', `the proof is too old`);
  return note as Extract<Note, { act: A }>;
}

function memberOf({ people }: Desk, id: string): Member {
  const member = people.member(id);
  if (!member) throw new Refusal('no-right', 'a person who is not known any more');
  return member;
}

function noted({ notes }: Desk, note: Note): SigningAnswer {
  return { proof: writeProof(notes, note) };
}

function readRequest(line: string): SigningRequest {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    throw new Refusal('malformed', 'not JSON');
  }
  const parsed = signingRequest.safeParse(data);
  if (!parsed.success) throw new Refusal('malformed', `not a request: ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}

function lookInto<T>({ peopleFile }: NotaryOptions, look: (people: People) => T): T {
  try {
    return lookIntoPeople(peopleFile, look);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal('people-unreadable', `the portal's people cannot be read: ${String(error)}`);
  }
}
