/** The people of the portal as the signer looks them up itself, in the portal's database, which it never writes. */
import { DatabaseSync } from 'node:sqlite';
import { ROLES } from '../contract/api.ts';
import { IDLE_MS, LONGEST_MS } from '../server/accounts/sessions.ts';
import { sha256Hex } from '../server/accounts/tokens.ts';
import { type Account, type Lineage, LONGEST_LINEAGE } from '../server/rights/kinship.ts';
import type { Grant } from '../server/rights/permissions.ts';

export interface Member extends Account {
  readonly name: string;
  readonly email: string;
}

export interface People {
  /** Who holds the session; null when there is none such, or it is over. */
  holder(token: string, nowMs: number): string | null;
  member(id: string): Member | null;
  grants(id: string): readonly Grant[];
  /** The organisation a site belongs to. */
  organisationOf(site: string): string | null;
  lineage(id: string): Lineage;
}

/** Opens the file for the length of `look`. @throws when it cannot be read. */
export function lookIntoPeople<T>(file: string, look: (people: People) => T): T {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    return look(peopleIn(db));
  } finally {
    db.close();
  }
}

function peopleIn(db: DatabaseSync): People {
  const member = (id: string): Member | null => {
    const row = db.prepare('SELECT name, email, invited_by, created_ms FROM person WHERE id = ?').get(id);
    if (!row) return null;
    const { name, email, invited_by, created_ms } = row;
    return {
      id,
      name: String(name),
      email: String(email),
      invitedBy: invited_by === null ? null : String(invited_by),
      createdMs: Number(created_ms),
    };
  };
  return {
    member,
    holder(token, nowMs) {
      const row = db
        .prepare('SELECT person_id FROM session WHERE token_sha256 = ? AND created_ms >= ? AND seen_ms >= ?')
        .get(sha256Hex(token), nowMs - LONGEST_MS, nowMs - IDLE_MS);
      return row ? String(row.person_id) : null;
    },
    grants: (id) =>
      db
        .prepare('SELECT org_id, site_id, role FROM membership WHERE person_id = ?')
        .all(id)
        .flatMap(({ org_id, site_id, role }) => {
          const known = ROLES.find((one) => one === role);
          return known ? [{ org: String(org_id), site: String(site_id), role: known }] : [];
        }),
    organisationOf(site) {
      const row = db.prepare('SELECT org_id FROM site WHERE site_id = ?').get(site);
      return row ? String(row.org_id) : null;
    },
    lineage(id) {
      const found: Account[] = [];
      for (let next: string | null = id; next !== null && found.length < LONGEST_LINEAGE; ) {
        const account = member(next);
        if (!account) break;
        found.push(account);
        next = account.invitedBy;
      }
      return found;
    },
  };
}
