/**
 * The tables of the portal. Every row of a tenant carries its organisation, and its site where it belongs to one;
 * `*` stands for all sites of the organisation. Instants are epoch milliseconds, JSON is text.
 */
import type { Generated, Kysely } from 'kysely';

export interface OrganisationTable {
  id: string;
  name: string;
}

export interface SiteTable {
  org_id: string;
  site_id: string;
  name: string;
  zone: string;
  write_token_sha256: string | null;
  last_contact_ms: number | null;
}

export interface PersonTable {
  id: string;
  email: string;
  name: string;
  password_hash: string;
  created_ms: number;
  last_seen_ms: number | null;
  /** Who made the account; null for the first one. */
  invited_by: string | null;
}

/** A browser in which the person has signed in before. */
export interface KnownPlaceTable {
  token_sha256: string;
  person_id: string;
  seen_ms: number;
}

export interface MembershipTable {
  org_id: string;
  /** A site of the organisation, or `*`. */
  site_id: string;
  person_id: string;
  role: string;
}

export interface SessionTable {
  token_sha256: string;
  person_id: string;
  created_ms: number;
  seen_ms: number;
}

export interface LinkTable {
  token_sha256: string;
  kind: 'setup' | 'invitation';
  org_id: string;
  email: string | null;
  /** JSON: `{ role, site }[]`. */
  grants_json: string;
  created_by: string | null;
  expires_ms: number;
}

export interface SignInFailureTable {
  /** SHA-256 of the e-mail, known or not; from a known place, of its token. */
  key: string;
  failures: number;
  last_ms: number;
  blocked_until_ms: number;
}

export interface ProposalTable {
  id: string;
  org_id: string;
  site_id: string;
  kind: string;
  value_json: string;
  duration_ms: number;
  note: string;
  status: string;
  why: string | null;
  params_json: string;
  proposed_by_id: string;
  proposed_by: string;
  proposed_ms: number;
  decided_by: string | null;
  decided_ms: number | null;
  /** On the site's clock. */
  expires_ms: number;
  /** How proposer and approver belong together, where that is worth a look. */
  kinship: string | null;
  /** The signer's own notes of who proposed, approved and revoked; it signs by nothing else. */
  proposed_proof: string | null;
  approved_proof: string | null;
  revoked_proof: string | null;
}

export interface TransitionTable {
  n: Generated<number>;
  org_id: string;
  site_id: string;
  proposal_id: string;
  at_ms: number;
  status: string;
  by: string;
  why: string | null;
}

/** Signed messages on their way to a box; also the place where the sequence of a site lives. */
export interface OutgoingTable {
  message_id: string;
  org_id: string;
  site_id: string;
  proposal_id: string;
  purpose: 'set' | 'revoke';
  seq: number;
  challenge: string;
  expires_ms: number;
  body_json: string;
  attempts: number;
  answered: number;
  /** Why it cannot be sent, once that was written down; null while nothing stands in its way. */
  set_aside: string | null;
}

export interface AuditTable {
  org_id: string;
  n: number;
  site_id: string;
  at_ms: number;
  who: string;
  action: string;
  subject: string;
  detail_json: string;
  hash: string;
}

/** What a box reported once and was told it may forget. */
export interface SiteEventTable {
  org_id: string;
  site_id: string;
  seq: number;
  at_ms: number;
  severity: string;
  code: string;
  params_json: string;
}

export interface PortalTables {
  site_event: SiteEventTable;
  organisation: OrganisationTable;
  site: SiteTable;
  person: PersonTable;
  membership: MembershipTable;
  session: SessionTable;
  known_place: KnownPlaceTable;
  link: LinkTable;
  sign_in_failure: SignInFailureTable;
  proposal: ProposalTable;
  transition: TransitionTable;
  outgoing: OutgoingTable;
  audit: AuditTable;
}
export type PortalDatabase = Kysely<PortalTables>;
