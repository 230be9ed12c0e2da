/** People of an organisation: how the first one comes in, how others are invited, who they are. */
import { randomUUID } from 'node:crypto';
import type { InviteInput, Me, Person, PortalRole, SetupInput } from '../../contract/api.ts';
import { record } from '../audit/audit.ts';
import { lookOf } from '../bounds/plain-text.ts';
import type { LinkTable, PortalDatabase } from '../database/schema.ts';
import { ProblemError } from '../problems/problem.ts';
import { ALL_SITES, permissionsAnywhere } from '../rights/permissions.ts';
import { fitsTheWire, normalEmail, whoIs } from './identity.ts';
import { knownPlace } from './known-places.ts';
import { checkPassword, type Passwords } from './passwords.ts';
import type { Caller } from './sessions.ts';
import { admitAttempt, checkOpen, countedUnder, forgetFailures } from './throttle.ts';
import { newToken, sha256Hex } from './tokens.ts';

const INVITATION_MS = 7 * 86_400_000;
export const SETUP_MS = 365 * 86_400_000;

export interface GrantInput {
  readonly role: PortalRole;
  readonly site: string;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
}

/** Where a request comes from, as far as it tells. */
export interface Origin {
  /** The client's address. */
  readonly address: string;
  /** The token of a known place. */
  readonly place: string | null;
  /** Fires when the client hangs up. */
  readonly gone: AbortSignal;
}

/**
 * An attempt counts from the moment its password is looked at: one that is turned away before has not been one.
 * @returns the person's id. @throws ProblemError `wrong-credentials`, `too-many-attempts`, `busy`.
 */
export async function signIn(
  { db, passwords, nowMs }: { db: PortalDatabase; passwords: Passwords; nowMs: () => number },
  input: Credentials,
  from: Origin,
): Promise<string> {
  const email = normalEmail(input.email);
  const place = await knownPlace(db, from.place, { email, nowMs: nowMs() });
  const key = countedUnder(email, place);
  await checkOpen(db, key, nowMs());
  const lane = { name: place ?? from.address, known: place !== null };
  const attempt = async () => {
    await admitAttempt(db, key, nowMs());
    const person = await db
      .selectFrom('person')
      .select(['id', 'password_hash'])
      .where('email', '=', email)
      .executeTakeFirst();
    const right = await passwords.verify(input.password, person?.password_hash ?? null);
    if (!person || !right) throw new ProblemError('wrong-credentials');
    await forgetFailures(db, key);
    await db.updateTable('person').set({ last_seen_ms: nowMs() }).where('id', '=', person.id).execute();
    return person.id;
  };
  return passwords.queue.inTurn(lane, attempt, from.gone);
}

/** A link that makes whoever opens it a member, once. @returns the token. */
export async function makeLink(
  db: PortalDatabase,
  link: Omit<LinkTable, 'token_sha256' | 'grants_json'> & { readonly grants: readonly GrantInput[] },
): Promise<string> {
  const token = newToken();
  const { grants, ...rest } = link;
  await db
    .insertInto('link')
    .values({ ...rest, token_sha256: sha256Hex(token), grants_json: JSON.stringify(grants) })
    .execute();
  return token;
}

/**
 * Uses up a link: makes the person and the memberships.
 * @returns the person's id.
 * @throws ProblemError `link-invalid`, `name-too-long`, `name-taken`, `weak-password`, `email-taken`, `busy`.
 */
export async function acceptLink(
  db: PortalDatabase,
  passwords: Passwords,
  input: SetupInput & { readonly kind: LinkTable['kind'] },
  nowMs: number,
): Promise<string> {
  const key = sha256Hex(input.token);
  const email = normalEmail(input.email);
  await usableLink(db, key, input.kind, nowMs);
  const { name } = input;
  if (!fitsTheWire({ name, email })) throw new ProblemError('name-too-long');
  checkPassword(input.password, { name, email });
  const lane = { name: `link ${key}`, known: true };
  const password_hash = await passwords.queue.inTurn(lane, () => passwords.hash(input.password));
  return db.transaction().execute(async (trx) => {
    const link = await usableLink(trx, key, input.kind, nowMs);
    if (link.email !== null && link.email !== email) {
      throw new ProblemError('bad-request', `This invitation is for ${link.email}`);
    }
    const taken = await trx.selectFrom('person').select('id').where('email', '=', email).executeTakeFirst();
    if (taken) throw new ProblemError('email-taken');
    await checkLook(trx, link.org_id, name);
    const id = randomUUID();
    const times = { created_ms: nowMs, last_seen_ms: nowMs };
    await trx
      .insertInto('person')
      .values({ id, email, name, password_hash, invited_by: link.created_by, ...times })
      .execute();
    await trx
      .insertInto('membership')
      .values(
        (JSON.parse(link.grants_json) as GrantInput[]).map(({ role, site }) => ({
          org_id: link.org_id,
          site_id: site,
          person_id: id,
          role,
        })),
      )
      .execute();
    await trx.deleteFrom('link').where('token_sha256', '=', key).execute();
    await record(
      trx,
      {
        org: link.org_id,
        site: ALL_SITES,
        who: whoIs({ name, email }),
        action: link.kind === 'setup' ? 'set-up' : 'invitation-accepted',
        subject: email,
        detail: { grants: link.grants_json },
      },
      nowMs,
    );
    return id;
  });
}

/** Two people of an organisation whose names look the same would be taken for each other in audit and approvals. */
async function checkLook(db: PortalDatabase, org: string, name: string): Promise<void> {
  const members = await db
    .selectFrom('person')
    .innerJoin('membership', 'membership.person_id', 'person.id')
    .select('person.name')
    .distinct()
    .where('membership.org_id', '=', org)
    .execute();
  const alike = members.find((member) => lookOf(member.name) === lookOf(name));
  if (alike) throw new ProblemError('name-taken', `name: looks like "${alike.name}" of this organisation`);
}

async function usableLink(db: PortalDatabase, key: string, kind: LinkTable['kind'], nowMs: number) {
  const link = await db
    .selectFrom('link')
    .selectAll()
    .where('token_sha256', '=', key)
    .where('kind', '=', kind)
    .where('expires_ms', '>', nowMs)
    .executeTakeFirst();
  if (!link) throw new ProblemError('link-invalid');
  return link;
}

/** @returns the token of the one-time link. @throws ProblemError `email-taken`, `bad-request` for an unknown site. */
export async function invite(
  db: PortalDatabase,
  by: Caller,
  org: string,
  input: InviteInput & { readonly site: string },
  nowMs: number,
): Promise<{ readonly token: string; readonly expiresMs: number }> {
  const email = normalEmail(input.email);
  const expiresMs = nowMs + INVITATION_MS;
  return db.transaction().execute(async (trx) => {
    const taken = await trx.selectFrom('person').select('id').where('email', '=', email).executeTakeFirst();
    if (taken) throw new ProblemError('email-taken');
    await checkSite(trx, org, input.site);
    await trx.deleteFrom('link').where('org_id', '=', org).where('email', '=', email).execute();
    const token = await makeLink(trx, {
      kind: 'invitation',
      org_id: org,
      email,
      grants: input.roles.map((role) => ({ role, site: input.site })),
      created_by: by.id,
      expires_ms: expiresMs,
    });
    await record(
      trx,
      {
        org,
        site: ALL_SITES,
        who: whoIs(by),
        action: 'invited',
        subject: email,
        detail: { roles: [...input.roles], site: input.site },
      },
      nowMs,
    );
    return { token, expiresMs };
  });
}

async function checkSite(db: PortalDatabase, org: string, site: string): Promise<void> {
  if (site === ALL_SITES) return;
  const row = await db
    .selectFrom('site')
    .select('site_id')
    .where('org_id', '=', org)
    .where('site_id', '=', site)
    .executeTakeFirst();
  if (!row) throw new ProblemError('bad-request', `site: your organisation has no site "${site}"`);
}

export async function peopleOf(db: PortalDatabase, org: string, nowMs: number): Promise<Person[]> {
  const members = await db
    .selectFrom('membership')
    .innerJoin('person', 'person.id', 'membership.person_id')
    .select([
      'person.id',
      'person.name',
      'person.email',
      'person.last_seen_ms',
      'membership.role',
      'membership.site_id',
    ])
    .where('membership.org_id', '=', org)
    .orderBy('person.email')
    .execute();
  const people = Map.groupBy(members, ({ id }) => id);
  const invited = await db
    .selectFrom('link')
    .selectAll()
    .where('org_id', '=', org)
    .where('kind', '=', 'invitation')
    .where('expires_ms', '>', nowMs)
    .execute();
  return [
    ...[...people.values()].map((rows) => {
      const [{ id, name, email, last_seen_ms }] = rows as [(typeof rows)[number]];
      return {
        id,
        name,
        email,
        ...held(rows.map(({ role, site_id }) => ({ role: role as PortalRole, site: site_id }))),
        status: 'active' as const,
        lastSeen: last_seen_ms === null ? null : new Date(last_seen_ms).toISOString(),
      };
    }),
    ...invited.map((link) => ({
      id: link.token_sha256.slice(0, 16),
      name: null,
      email: link.email ?? '',
      ...held(JSON.parse(link.grants_json) as GrantInput[]),
      status: 'invited' as const,
      lastSeen: null,
    })),
  ];
}

function held(grants: readonly GrantInput[]): Pick<Person, 'roles' | 'sites'> {
  const sites = [...new Set(grants.map(({ site }) => site))];
  return {
    roles: [...new Set(grants.map(({ role }) => role))],
    sites: sites.includes(ALL_SITES) ? null : sites.sort(),
  };
}

export async function meOf(db: PortalDatabase, caller: Caller): Promise<Me> {
  const ids = [...new Set(caller.grants.map((grant) => grant.org))];
  const rows =
    ids.length === 0
      ? []
      : await db.selectFrom('organisation').selectAll().where('id', 'in', ids).orderBy('name').execute();
  return {
    id: caller.id,
    name: caller.name,
    email: caller.email,
    organisations: rows.map(({ id, name }) => ({
      id,
      name,
      roles: [...new Set(caller.grants.filter((grant) => grant.org === id).map((grant) => grant.role))],
      permissions: permissionsAnywhere(caller.grants, id),
    })),
  };
}
