/** Asks a running home to do one of its operations, over HTTP, and gives back what it answers. */
import { OPERATIONS } from './operations.ts';

export interface Question {
  /** Where its API listens, e.g. `http://127.0.0.1:8010`. */
  readonly url: string;
  readonly operation: string;
  /** The object it is about, where the operation names one. */
  readonly id?: string;
  /** JSON text. */
  readonly body?: string;
}

export class AskError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

/** All operations with what they need, one a line. */
export function operationLines(): string {
  return OPERATIONS.map(({ name, path, summary, example }) => {
    const needs = [
      ...(path.includes(':id') ? ['ID'] : []),
      ...(example === undefined ? [] : [`'${JSON.stringify(example)}'`]),
    ];
    return `  ${[name, ...needs].join(' ')}\n      ${summary}`;
  }).join('\n');
}

/** @throws AskError with what the home, or the way to it, has against it */
export async function ask({ url, operation: name, id, body }: Question): Promise<unknown> {
  const operation = OPERATIONS.find((one) => one.name === name);
  if (!operation) {
    const known = OPERATIONS.map((one) => one.name).join(', ');
    throw new AskError('no-operation', `There is no operation "${name}".`, `Choose one of: ${known}.`);
  }
  if (operation.path.includes(':id') && id === undefined) {
    throw new AskError('no-object', `"${name}" is about one object.`, 'Name it after the operation.');
  }
  const path = operation.path.replace(':id', encodeURIComponent(id ?? ''));
  let response: Response;
  try {
    response = await fetch(new URL(`api/v1/${path}`, url), {
      method: operation.method,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
  } catch (cause) {
    const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new AskError(
      'no-home',
      `No home answers at ${url} (${why}).`,
      'Start one with `run`, or name its address with --at.',
    );
  }
  const answer = (await response.json()) as { code?: string; message?: string; remedy?: string };
  if (response.ok) return answer;
  throw new AskError(answer.code ?? 'refused', answer.message ?? response.statusText, answer.remedy ?? '');
}
