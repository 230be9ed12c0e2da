/** Steps from one version of the tables to the next. A step that was released is never changed. */
import { type Kysely, type Migration, sql } from 'kysely';

const first: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of FIRST) await sql.raw(statement).execute(db);
  },
};

const FIRST = [
  `CREATE TABLE organisation (id TEXT PRIMARY KEY, name TEXT NOT NULL)`,
  `CREATE TABLE site (
    site_id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES organisation(id), name TEXT NOT NULL,
    zone TEXT NOT NULL, write_token_sha256 TEXT UNIQUE, last_contact_ms BIGINT)`,
  `CREATE INDEX site_by_org ON site(org_id, site_id)`,
  `CREATE TABLE person (
    id TEXT PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL, password_hash TEXT NOT NULL,
    created_ms BIGINT NOT NULL, last_seen_ms BIGINT)`,
  `CREATE TABLE membership (
    org_id TEXT NOT NULL REFERENCES organisation(id), site_id TEXT NOT NULL,
    person_id TEXT NOT NULL REFERENCES person(id), role TEXT NOT NULL,
    PRIMARY KEY (org_id, site_id, person_id, role))`,
  `CREATE INDEX membership_by_person ON membership(person_id)`,
  `CREATE TABLE session (
    token_sha256 TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES person(id),
    created_ms BIGINT NOT NULL, seen_ms BIGINT NOT NULL)`,
  `CREATE TABLE link (
    token_sha256 TEXT PRIMARY KEY, kind TEXT NOT NULL, org_id TEXT NOT NULL REFERENCES organisation(id),
    email TEXT, grants_json TEXT NOT NULL, created_by TEXT, expires_ms BIGINT NOT NULL)`,
  `CREATE TABLE sign_in_failure (
    key TEXT PRIMARY KEY, failures INTEGER NOT NULL, last_ms BIGINT NOT NULL, blocked_until_ms BIGINT NOT NULL)`,
  `CREATE TABLE proposal (
    id TEXT PRIMARY KEY, org_id TEXT NOT NULL REFERENCES organisation(id),
    site_id TEXT NOT NULL REFERENCES site(site_id), kind TEXT NOT NULL, value_json TEXT NOT NULL,
    duration_ms BIGINT NOT NULL, note TEXT NOT NULL, status TEXT NOT NULL, why TEXT,
    params_json TEXT NOT NULL, proposed_by_id TEXT NOT NULL REFERENCES person(id), proposed_by TEXT NOT NULL,
    proposed_ms BIGINT NOT NULL, decided_by TEXT, decided_ms BIGINT, expires_ms BIGINT NOT NULL)`,
  `CREATE INDEX proposal_by_site ON proposal(org_id, site_id, proposed_ms)`,
  `CREATE TABLE transition (
    n INTEGER PRIMARY KEY, org_id TEXT NOT NULL, site_id TEXT NOT NULL,
    proposal_id TEXT NOT NULL REFERENCES proposal(id), at_ms BIGINT NOT NULL, status TEXT NOT NULL,
    by TEXT NOT NULL, why TEXT)`,
  `CREATE INDEX transition_by_proposal ON transition(proposal_id, n)`,
  `CREATE TABLE outgoing (
    message_id TEXT PRIMARY KEY, org_id TEXT NOT NULL, site_id TEXT NOT NULL REFERENCES site(site_id),
    proposal_id TEXT NOT NULL REFERENCES proposal(id), purpose TEXT NOT NULL, seq INTEGER NOT NULL,
    challenge TEXT NOT NULL, expires_ms BIGINT NOT NULL, body_json TEXT NOT NULL,
    attempts INTEGER NOT NULL, answered INTEGER NOT NULL)`,
  `CREATE INDEX outgoing_waiting ON outgoing(answered, site_id)`,
  `CREATE TABLE site_event (
    org_id TEXT NOT NULL, site_id TEXT NOT NULL REFERENCES site(site_id), seq INTEGER NOT NULL,
    at_ms BIGINT NOT NULL, severity TEXT NOT NULL, code TEXT NOT NULL, params_json TEXT NOT NULL,
    PRIMARY KEY (site_id, seq, at_ms))`,
  `CREATE TABLE audit (
    org_id TEXT NOT NULL REFERENCES organisation(id), n INTEGER NOT NULL, site_id TEXT NOT NULL,
    at_ms BIGINT NOT NULL, who TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
    detail_json TEXT NOT NULL, hash TEXT NOT NULL, PRIMARY KEY (org_id, n))`,
  `CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows stay'); END`,
  `CREATE TRIGGER audit_is_never_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit rows stay'); END`,
];

const people: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    for (const statement of PEOPLE) await sql.raw(statement).execute(db);
  },
};

const PEOPLE = [
  `ALTER TABLE person ADD COLUMN invited_by TEXT`,
  `CREATE TABLE known_place (
    token_sha256 TEXT PRIMARY KEY, person_id TEXT NOT NULL REFERENCES person(id), seen_ms BIGINT NOT NULL)`,
  `CREATE INDEX known_place_by_person ON known_place(person_id, seen_ms)`,
  `CREATE INDEX sign_in_failure_by_age ON sign_in_failure(last_ms)`,
  `ALTER TABLE proposal ADD COLUMN kinship TEXT`,
  `ALTER TABLE proposal ADD COLUMN proposed_proof TEXT`,
  `ALTER TABLE proposal ADD COLUMN approved_proof TEXT`,
  `ALTER TABLE proposal ADD COLUMN revoked_proof TEXT`,
  `ALTER TABLE outgoing ADD COLUMN set_aside TEXT`,
  `CREATE INDEX proposal_by_status ON proposal(status, site_id)`,
  // Called revoked before the box had said so: it still holds, and whoever wants it ended asks once more.
  `UPDATE proposal SET status = 'active'
    WHERE status = 'revoked' AND id IN (SELECT proposal_id FROM outgoing WHERE purpose = 'revoke' AND answered = 0)`,
  `UPDATE outgoing SET answered = 1 WHERE purpose = 'revoke'`,
];

export const MIGRATIONS: Readonly<Record<string, Migration>> = {
  '0001-first': first,
  '0002-people': people,
};
