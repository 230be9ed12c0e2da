/** Every error the API can answer, as RFC 9457 problem details: one table of codes, each with what to do about it. */
import type { Problem } from '../../contract/api.ts';
import { isOwnError, OwnError } from './own-error.ts';

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly remedy: string;
}

export const PROBLEMS = {
  'signed-out': { status: 401, title: 'Not signed in', remedy: 'Sign in and try again.' },
  'wrong-credentials': {
    status: 401,
    title: 'Wrong e-mail or password',
    remedy: 'Check both and try again, or ask an admin of your organisation for a new invitation.',
  },
  'too-many-attempts': {
    status: 429,
    title: 'Too many attempts',
    remedy: 'Wait the time given and try again.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests at once',
    remedy: 'Wait until those under way are answered.',
  },
  'cross-site': {
    status: 403,
    title: 'Request from another site',
    remedy: "Open the portal's own page and try from there.",
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    remedy: 'Check the address; it may also be that you have no access to it.',
  },
  'method-not-allowed': { status: 405, title: 'Method not allowed', remedy: 'See the list of routes.' },
  'bad-request': { status: 400, title: 'Cannot be read', remedy: 'Mend the fields named and send it again.' },
  'too-large': { status: 413, title: 'Too large', remedy: 'Send less at once.' },
  'link-invalid': {
    status: 410,
    title: 'This link no longer works',
    remedy: 'It works once and for a limited time: ask for a new one.',
  },
  'weak-password': {
    status: 422,
    title: 'Password refused',
    remedy: 'Use 12 to 128 characters that are neither your name nor your e-mail nor a common password.',
  },
  'email-taken': {
    status: 409,
    title: 'This e-mail belongs to somebody already',
    remedy: 'Sign in with it, or use another one.',
  },
  'out-of-bounds': {
    status: 422,
    title: "Outside the installer's bounds",
    remedy: 'Choose a value within the bounds; only the installer can widen them.',
  },
  'unsupported-kind': {
    status: 422,
    title: 'This site does not take that kind of set-point',
    remedy: 'The installer can allow it in the settings of the site.',
  },
  'site-unknown': {
    status: 409,
    title: 'The site has not described itself yet',
    remedy: 'Wait until its box has been in contact once.',
  },
  'wrong-status': {
    status: 409,
    title: 'The proposal has moved on',
    remedy: 'Reload to see what happened to it.',
  },
  'own-proposal': {
    status: 409,
    title: 'Nobody approves a proposal of their own',
    remedy: 'Ask a second person with the right to approve.',
  },
  'linked-approver': {
    status: 409,
    title: 'The account that shall approve was made by who proposes',
    remedy: 'Ask another person with the right to approve, or wait until the account is old enough.',
  },
  'too-many-waiting': {
    status: 409,
    title: 'Too many proposals wait for a decision here',
    remedy: 'Withdraw some, or wait until somebody has decided.',
  },
  'name-too-long': {
    status: 422,
    title: 'Name and e-mail are too long together',
    remedy: 'Use a shorter name: together they have at most 117 characters, the e-mail at most 100.',
  },
  'name-taken': {
    status: 409,
    title: 'This name looks like that of somebody else here',
    remedy: 'Add what tells you apart, such as a second name or an initial.',
  },
  'signer-refused': {
    status: 409,
    title: 'The signing process refuses',
    remedy: 'Sign in anew and try again; if it stays, look into the log of the signing process.',
  },
  'signer-unavailable': {
    status: 503,
    title: 'The signing process does not answer',
    remedy: 'Start it (portal/signer) and approve again; nothing was sent.',
  },
  'not-connected': {
    status: 503,
    title: 'No connection to the broker',
    remedy: 'Check that the broker runs; the portal keeps trying.',
  },
  'history-unavailable': {
    status: 503,
    title: 'The history store does not answer',
    remedy: 'Check INFLUX_URL, INFLUX_TOKEN, INFLUX_ORG and INFLUX_BUCKET, and that InfluxDB runs.',
  },
  busy: { status: 503, title: 'Too busy', remedy: 'Try again in a few seconds.' },
  internal: {
    status: 500,
    title: 'Something broke on our side',
    remedy: 'Try again; if it stays, look into the log of the portal.',
  },
} as const satisfies Record<string, ProblemKind>;
export type ProblemCode = keyof typeof PROBLEMS;

/** Thrown anywhere below a route; becomes `application/problem+json`. */
export class ProblemError extends OwnError {
  readonly code: ProblemCode;
  readonly retryAfterS: number | undefined;

  constructor(code: ProblemCode, detail?: string, options: { retryAfterS?: number; cause?: unknown } = {}) {
    super('ProblemError', detail ?? PROBLEMS[code].title, { cause: options.cause });
    this.code = code;
    this.retryAfterS = options.retryAfterS;
  }
}

export function isProblem(error: unknown): error is ProblemError {
  return isOwnError(error, 'ProblemError');
}

export function problemOf(error: ProblemError): Problem {
  const { status, title, remedy } = PROBLEMS[error.code];
  return {
    type: `urn:wattward:problem:${error.code}`,
    title,
    status,
    code: error.code,
    detail: error.message,
    remedy,
    ...(error.retryAfterS === undefined ? {} : { retryAfterS: error.retryAfterS }),
  };
}

export function problemResponse(error: ProblemError): Response {
  const headers = new Headers({ 'content-type': 'application/problem+json', 'cache-control': 'no-store' });
  if (error.retryAfterS !== undefined) headers.set('retry-after', String(error.retryAfterS));
  return new Response(JSON.stringify(problemOf(error)), { status: PROBLEMS[error.code].status, headers });
}
