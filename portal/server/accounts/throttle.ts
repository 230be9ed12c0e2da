/**
 * Slows down guessing: from the fifth failure in a row an e-mail is closed for 1 s, then 2 s, ... up to 15 min.
 * Kept per e-mail, known or not, so that the answer tells nothing about who exists; a place where the person is known
 * has a count of its own. On disk, so that a restart does not help; rows end after a quiet day, and are bounded.
 */
import type { PortalDatabase } from '../database/schema.ts';
import { ProblemError } from '../problems/problem.ts';
import { sha256Hex } from './tokens.ts';

export const FREE_FAILURES = 4;
const FIRST_BLOCK_MS = 1000;
const LONGEST_BLOCK_MS = 15 * 60_000;
/** After a quiet day the count begins anew. */
export const FORGET_MS = 86_400_000;
/** Those with the fewest failures make room first: a flood of made-up e-mails does not open one that is under attack. */
export const MOST_ROWS = 10_000;

/** How long the e-mail is closed after its `failures`-th failure in a row. */
export function blockMs(failures: number): number {
  if (failures <= FREE_FAILURES) return 0;
  return Math.min(LONGEST_BLOCK_MS, FIRST_BLOCK_MS * 2 ** Math.min(30, failures - FREE_FAILURES - 1));
}

/** Under which failures are counted. @param place the key of a known place, or null. */
export function countedUnder(email: string, place: string | null): string {
  return sha256Hex(place === null ? email : `place ${place}`);
}

/** Looks only. @throws ProblemError `too-many-attempts` while the key is closed. */
export async function checkOpen(db: PortalDatabase, key: string, nowMs: number): Promise<void> {
  const row = await db
    .selectFrom('sign_in_failure')
    .select('blocked_until_ms')
    .where('key', '=', key)
    .executeTakeFirst();
  if (row && row.blocked_until_ms > nowMs) throw tooMany(row.blocked_until_ms - nowMs);
}

/**
 * Lets one attempt through and counts it before the password is checked, so that many attempts at the same time do
 * not slip through; `forgetFailures` takes the count back when the password was right.
 * @throws ProblemError `too-many-attempts` while the key is closed.
 */
export async function admitAttempt(db: PortalDatabase, key: string, nowMs: number): Promise<void> {
  const closedUntilMs = await db.transaction().execute(async (trx) => {
    const row = await trx.selectFrom('sign_in_failure').selectAll().where('key', '=', key).executeTakeFirst();
    if (row && row.blocked_until_ms > nowMs) return row.blocked_until_ms;
    const failures = row && nowMs - row.last_ms < FORGET_MS ? row.failures + 1 : 1;
    const values = { key, failures, last_ms: nowMs, blocked_until_ms: nowMs + blockMs(failures) };
    if (!row) await makeRoom(trx, nowMs);
    await trx
      .insertInto('sign_in_failure')
      .values(values)
      .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
      .execute();
    return null;
  });
  if (closedUntilMs !== null) throw tooMany(closedUntilMs - nowMs);
}

export async function forgetFailures(db: PortalDatabase, key: string): Promise<void> {
  await db.deleteFrom('sign_in_failure').where('key', '=', key).execute();
}

async function makeRoom(db: PortalDatabase, nowMs: number): Promise<void> {
  await db
    .deleteFrom('sign_in_failure')
    .where('last_ms', '<=', nowMs - FORGET_MS)
    .execute();
  const { rows } = await db
    .selectFrom('sign_in_failure')
    .select(({ fn }) => fn.countAll<number>().as('rows'))
    .executeTakeFirstOrThrow();
  if (rows < MOST_ROWS) return;
  await db
    .deleteFrom('sign_in_failure')
    .where('key', 'in', (query) =>
      query
        .selectFrom('sign_in_failure')
        .select('key')
        .orderBy('failures')
        .orderBy('last_ms')
        .limit(rows - MOST_ROWS + 1),
    )
    .execute();
}

function tooMany(waitMs: number): ProblemError {
  return new ProblemError('too-many-attempts', undefined, { retryAfterS: Math.ceil(waitMs / 1000) });
}
