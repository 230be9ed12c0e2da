/** What HTTP adds to a call: the session cookie, the guard against requests forged by other sites, bodies. */
import type * as z from 'zod';
import { boundedBody } from '../bounds/bounded-body.ts';
import { ProblemError } from '../problems/problem.ts';

const COOKIE = 'wattward';
/** Outlives the session: says that somebody has signed in here before, and opens nothing. */
const PLACE_COOKIE = 'wattward-place';
const MOST_BODY_BYTES = 65_536;
const COOKIE_S = 7 * 86_400;
const PLACE_S = 180 * 86_400;

/** Plain http is accepted on loopback only; everywhere else the cookie needs https. */
function isPlainLoopback(headers: Headers): boolean {
  if (headers.get('x-forwarded-proto')?.startsWith('https')) return false;
  const host = headers.get('host') ?? '';
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/.test(host);
}

export function sessionToken(headers: Headers): string | null {
  return tokenIn(headers, COOKIE);
}

export function placeToken(headers: Headers): string | null {
  return tokenIn(headers, PLACE_COOKIE);
}

/** @param token null to sign out. */
export function sessionCookie(headers: Headers, token: string | null): string {
  return cookie(headers, COOKIE, { token: token ?? '', maxAgeS: token === null ? 0 : COOKIE_S });
}

export function placeCookie(headers: Headers, token: string): string {
  return cookie(headers, PLACE_COOKIE, { token, maxAgeS: PLACE_S });
}

/**
 * The client's address: the last one named, which the proxy in front has added, or the server itself without one.
 * Whoever reaches the server past the proxy can name any.
 */
export function clientAddress(headers: Headers): string {
  return (headers.get('x-forwarded-for')?.split(',').at(-1) ?? '').trim().slice(0, 64);
}

function tokenIn(headers: Headers, name: string): string | null {
  const wanted = `${prefix(headers)}${name}`;
  for (const pair of (headers.get('cookie') ?? '').split(';')) {
    const [key, value] = pair.trim().split('=');
    if (key === wanted && value && /^[A-Za-z0-9_-]{43}$/.test(value)) return value;
  }
  return null;
}

function cookie(headers: Headers, name: string, is: { token: string; maxAgeS: number }): string {
  const flags = `Path=/; HttpOnly; SameSite=Lax; Max-Age=${is.maxAgeS}`;
  return `${prefix(headers)}${name}=${is.token}; ${flags}${isPlainLoopback(headers) ? '' : '; Secure'}`;
}

function prefix(headers: Headers): string {
  return isPlainLoopback(headers) ? '' : '__Host-';
}

/**
 * Requests that change something must come from our own pages: `Sec-Fetch-Site: same-origin`, or where the browser
 * does not send it, an `Origin` that names this host.
 * @throws ProblemError `cross-site`.
 */
export function checkSameSite(request: Request): void {
  if (request.method === 'GET' || request.method === 'HEAD') return;
  const site = request.headers.get('sec-fetch-site');
  if (site !== null) {
    if (site === 'same-origin') return;
    throw new ProblemError('cross-site');
  }
  const origin = request.headers.get('origin');
  const host = request.headers.get('host');
  if (!origin || !host || !URL.canParse(origin) || new URL(origin).host !== host) {
    throw new ProblemError('cross-site');
  }
}

/** The JSON body, checked; `empty` stands in for no body at all. @throws ProblemError `bad-request` naming every field, `too-large`. */
export async function readBody<T>(request: Request, schema: z.ZodType<T>, empty?: unknown): Promise<T> {
  const body = await boundedBody(request, MOST_BODY_BYTES);
  if (!body) throw new ProblemError('too-large');
  if (body.length === 0 && empty !== undefined) return schema.parse(empty);
  let data: unknown;
  try {
    data = JSON.parse(body.toString('utf8'));
  } catch {
    throw new ProblemError('bad-request', 'The body is not JSON');
  }
  if (!isWellFormed(data))
    throw new ProblemError('bad-request', 'The body holds half a character (a lone surrogate)');
  const parsed = schema.safeParse(data);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || '(body)'}: ${issue.message}`,
  );
  throw new ProblemError('bad-request', mistakes.join('; '));
}

/** Text that is no Unicode can be kept nowhere: not in a hash, not in a file, not in a signed message. */
function isWellFormed(value: unknown): boolean {
  const left = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one === 'string' && !one.isWellFormed()) return false;
    if (typeof one === 'object' && one !== null) {
      for (const [key, member] of Object.entries(one)) left.push(key, member);
    }
  }
  return true;
}

export function json(
  value: unknown,
  init: { status?: number; headers?: Record<string, string> } = {},
): Response {
  return Response.json(value, {
    status: init.status ?? 200,
    headers: { 'cache-control': 'no-store', ...init.headers },
  });
}
