/**
 * What an attempt to sign in came to, told apart because each needs something different of the person: wait, type
 * again, allow cookies, ask for access. A connection error is tried again by itself; bad credentials never.
 */
import type { Me } from '../../contract/api.ts';
import type { ApiFailure } from '../shell/api-client.ts';

export type SignInOutcome =
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'wrong-credentials' }
  | { readonly kind: 'too-many-attempts'; readonly waitS: number }
  | { readonly kind: 'no-access' }
  | { readonly kind: 'cookie-blocked' }
  | { readonly kind: 'refused'; readonly detail: string; readonly remedy: string };

export function outcomeOf(failure: ApiFailure): SignInOutcome {
  if (failure.kind !== 'problem') return { kind: failure.kind };
  const { code, status, retryAfterS, detail, remedy } = failure.problem;
  if (code === 'busy') return { kind: 'starting' };
  if (status === 429) return { kind: 'too-many-attempts', waitS: Math.max(1, Math.ceil(retryAfterS ?? 60)) };
  if (status === 401) return { kind: 'wrong-credentials' };
  return { kind: 'refused', detail, remedy };
}

/** Milliseconds until the same attempt is made again; null where only the person can change something. */
export function retryAfterMs(outcome: SignInOutcome, attempt: number): number | null {
  if (outcome.kind !== 'unreachable' && outcome.kind !== 'starting') return null;
  return Math.min(15_000, 2000 * 2 ** attempt);
}

/** Where a person lands. Null: signed in, yet a member of nothing. */
export function homeOf(me: Me): string | null {
  const first = me.organisations[0];
  return first ? `/${first.id}` : null;
}

/** Stands for this portal, whatever its address. */
const HERE = 'http://portal.invalid';

/**
 * Only a path of this very portal may follow `?next=`: it is read as a browser reads it (which drops tabs and newlines,
 * and takes a backslash for a slash), and what comes out must still lie here when it is read once more.
 */
export function safeNext(next: string | null): string | null {
  if (!next?.startsWith('/')) return null;
  const path = pathHere(next);
  if (path === null || pathHere(path) !== path || /^\/sign-in(?:[/?#]|$)/.test(path)) return null;
  return path;
}

function pathHere(address: string): string | null {
  if (!URL.canParse(address, HERE)) return null;
  const { origin, pathname, search, hash } = new URL(address, HERE);
  return origin === HERE ? `${pathname}${search}${hash}` : null;
}
