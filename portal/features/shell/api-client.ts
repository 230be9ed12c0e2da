/**
 * Calls to the portal's own API. Three kinds of failure are kept apart, because a person must do something different
 * about each: no answer at all (`unreachable`), an answer of a server that is not ready (`starting`), and a problem
 * the server names by its code. Only the first two are ever tried again.
 */
import type { Problem } from '../../contract/api.ts';

export type ApiFailure =
  | { readonly kind: 'unreachable' }
  | { readonly kind: 'starting' }
  | { readonly kind: 'problem'; readonly problem: Problem };

export class ApiError extends Error {
  readonly failure: ApiFailure;

  constructor(failure: ApiFailure, cause?: unknown) {
    super(failure.kind === 'problem' ? failure.problem.detail : failure.kind, { cause });
    this.name = 'ApiError';
    this.failure = failure;
  }
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

const UNREADY = new Set([502, 503, 504]);

/** `path` is below `/api/v1`. Resolves with the parsed JSON, or `undefined` where the answer has no body. */
export async function callApi<Answer>(path: string, request: ApiRequest = {}): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(`/api/v1${path}`, requestInit(request));
  } catch (cause) {
    if (request.signal?.aborted) throw cause;
    throw new ApiError({ kind: 'unreachable' }, cause);
  }
  if (response.ok) return response.status === 204 ? (undefined as Answer) : await parsed<Answer>(response);
  throw new ApiError(await failureOf(response));
}

function requestInit({ method = 'GET', body, signal }: ApiRequest): RequestInit {
  return {
    method,
    credentials: 'same-origin',
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  };
}

async function parsed<Answer>(response: Response): Promise<Answer> {
  const text = await response.text();
  return (text === '' ? undefined : JSON.parse(text)) as Answer;
}

/** A gateway's bare 502 to 504 means "not ready"; a problem with a code says more, whatever its status. */
async function failureOf(response: Response): Promise<ApiFailure> {
  const problem: Problem | null = await response.json().catch(() => null);
  if (problem?.code) return { kind: 'problem', problem };
  if (UNREADY.has(response.status)) return { kind: 'starting' };
  return { kind: 'problem', problem: unnamedProblem(response) };
}

function unnamedProblem(response: Response): Problem {
  return {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    code: `http-${response.status}`,
    detail: response.statusText,
    remedy: '',
  };
}

export function failureOfError(error: unknown): ApiFailure | null {
  return error instanceof ApiError ? error.failure : null;
}

/** The session has ended (or never was): the sign-in page is the only way on. */
export function isSignedOut(error: unknown): boolean {
  const failure = failureOfError(error);
  return failure?.kind === 'problem' && failure.problem.status === 401;
}

/** A server that does not answer is asked again for as long as the page is open; an answer is an answer. */
export function shouldRetry(_count: number, error: unknown): boolean {
  const failure = failureOfError(error);
  return failure !== null && failure.kind !== 'problem';
}

/** 1 s, 2 s, 4 s ... 15 s. */
export function retryDelayMs(attempt: number): number {
  return Math.min(15_000, 1000 * 2 ** attempt);
}
