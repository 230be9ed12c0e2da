/** Who is asking, for server components. Route handlers get the same from their call. */
import { cookies, headers } from 'next/headers';
import type { Me } from '../../contract/api.ts';
import { meOf } from '../accounts/people.ts';
import { type Caller, callerOf } from '../accounts/sessions.ts';
import { sessionToken } from '../api/http.ts';
import { running } from '../running.ts';

/** The caller behind the session cookie of this request; null when nobody is signed in. */
export async function currentCaller(): Promise<Caller | null> {
  const portal = running();
  if (!portal) return null;
  const seen = new Headers(await headers());
  seen.set('cookie', (await cookies()).toString());
  const token = sessionToken(seen);
  return token === null ? null : callerOf(portal.db, token, portal.nowMs());
}

/** The person whose session cookie came with this request; null when nobody is signed in. */
export async function currentMe(): Promise<Me | null> {
  const portal = running();
  const caller = await currentCaller();
  return portal && caller ? meOf(portal.db, caller) : null;
}
