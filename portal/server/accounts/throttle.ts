/**
 * Slows down guessing: from the fifth failure in a row an e-mail is closed for 1 s, then 2 s, ... up to 15 min.
 * Kept per e-mail, known or not, so that the answer tells nothing about who exists; kept on disk, so that a restart
 * does not help.
 */
import type { PortalDatabase } from '../database/schema.ts';
import { ProblemError } from '../problem.ts';
import { sha256Hex } from './tokens.ts';

export const FREE_FAILURES = 4;
const FIRST_BLOCK_MS = 1000;
const LONGEST_BLOCK_MS = 15 * 60_000;
/** After a quiet day the count begins anew. */
const FORGET_MS = 86_400_000;

/** How long the e-mail is closed after its `failures`-th failure in a row. */
export function blockMs(failures: number): number {
  if (failures <= FREE_FAILURES) return 0;
  return Math.min(LONGEST_BLOCK_MS, FIRST_BLOCK_MS * 2 ** Math.min(30, failures - FREE_FAILURES - 1));
}

/**
 * Lets one attempt through and counts it before the password is checked, so that many attempts at the same time do
 * not slip through; `forgetFailures` takes the count back when the password was right.
 * @throws ProblemError `too-many-attempts` while the e-mail is closed.
 */
export async function admitAttempt(db: PortalDatabase, email: string, nowMs: number): Promise<void> {
  const key = sha256Hex(email);
  const closedUntilMs = await db.transaction().execute(async (trx) => {
    const row = await trx.selectFrom('sign_in_failure').selectAll().where('key', '=', key).executeTakeFirst();
    if (row && row.blocked_until_ms > nowMs) return row.blocked_until_ms;
    const failures = row && nowMs - row.last_ms < FORGET_MS ? row.failures + 1 : 1;
    const values = { key, failures, last_ms: nowMs, blocked_until_ms: nowMs + blockMs(failures) };
    await trx
      .insertInto('sign_in_failure')
      .values(values)
      .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
      .execute();
    return null;
  });
  if (closedUntilMs === null) return;
  throw new ProblemError('too-many-attempts', undefined, {
    retryAfterS: Math.ceil((closedUntilMs - nowMs) / 1000),
  });
}

export async function forgetFailures(db: PortalDatabase, email: string): Promise<void> {
  await db.deleteFrom('sign_in_failure').where('key', '=', sha256Hex(email)).execute();
}
