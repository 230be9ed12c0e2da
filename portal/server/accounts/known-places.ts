/**
 * Browsers in which a person has signed in before, by a cookie of their own that outlives the session. A known place
 * has its own count of failures, so that guessing from elsewhere does not shut the person out there
 * (OWASP, "Slow down online guessing attacks with device cookies").
 */
import type { PortalDatabase } from '../database/schema.ts';
import { newToken, sha256Hex } from './tokens.ts';

export const PLACE_LASTS_MS = 180 * 86_400_000;
/** Of one person; the one not seen for longest makes room. */
export const MOST_PLACES = 20;

/** @returns the key of the place, when the person with this e-mail is known there; null else. */
export async function knownPlace(
  db: PortalDatabase,
  place: string | null,
  who: { readonly email: string; readonly nowMs: number },
): Promise<string | null> {
  if (place === null) return null;
  const row = await db
    .selectFrom('known_place')
    .innerJoin('person', 'person.id', 'known_place.person_id')
    .select('known_place.token_sha256')
    .where('known_place.token_sha256', '=', sha256Hex(place))
    .where('person.email', '=', who.email)
    .where('known_place.seen_ms', '>=', who.nowMs - PLACE_LASTS_MS)
    .executeTakeFirst();
  return row?.token_sha256 ?? null;
}

/** After a right password. @returns the token for the cookie: a new one each time, the one before it is void. */
export async function rememberPlace(
  db: PortalDatabase,
  personId: string,
  at: { readonly before: string | null; readonly nowMs: number },
): Promise<string> {
  const token = newToken();
  await db.transaction().execute(async (trx) => {
    await trx
      .deleteFrom('known_place')
      .where((where) =>
        where.or([
          where('seen_ms', '<', at.nowMs - PLACE_LASTS_MS),
          where.and([
            where('person_id', '=', personId),
            where('token_sha256', '=', sha256Hex(at.before ?? '')),
          ]),
        ]),
      )
      .execute();
    const kept = await trx
      .selectFrom('known_place')
      .select('token_sha256')
      .where('person_id', '=', personId)
      .orderBy('seen_ms', 'desc')
      .execute();
    const surplus = kept.slice(MOST_PLACES - 1).map(({ token_sha256 }) => token_sha256);
    if (surplus.length > 0)
      await trx.deleteFrom('known_place').where('token_sha256', 'in', surplus).execute();
    await trx
      .insertInto('known_place')
      .values({ token_sha256: sha256Hex(token), person_id: personId, seen_ms: at.nowMs })
      .execute();
  });
  return token;
}
