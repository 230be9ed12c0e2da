import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { outcomeOf, retryAfterMs, safeNext } from '../../features/account/sign-in-outcome.ts';
import type { ApiFailure } from '../../features/shell/api-client.ts';
import { type ProblemCode, ProblemError, problemOf } from '../../server/problems/problem.ts';

const problem = (code: ProblemCode, retryAfterS?: number): ApiFailure => ({
  kind: 'problem',
  problem: problemOf(new ProblemError(code, undefined, retryAfterS === undefined ? {} : { retryAfterS })),
});

test.each<[ApiFailure, string]>([
  [{ kind: 'unreachable' }, 'unreachable'],
  [{ kind: 'starting' }, 'starting'],
  [problem('busy'), 'starting'],
  [problem('wrong-credentials'), 'wrong-credentials'],
  [problem('too-many-attempts', 30), 'too-many-attempts'],
  [problem('cross-site'), 'refused'],
])('%j is told as %s', (failure, kind) => {
  expect(outcomeOf(failure).kind).toBe(kind);
});

test('the wait of too many attempts is the server’s', () => {
  expect(outcomeOf(problem('too-many-attempts', 41.2))).toEqual({ kind: 'too-many-attempts', waitS: 42 });
});

test('a server out of reach is tried again, later each time; bad credentials never', () => {
  const waits = [0, 1, 2, 9].map((attempt) => retryAfterMs({ kind: 'unreachable' }, attempt));
  expect(waits).toEqual([2000, 4000, 8000, 15_000]);
  expect(retryAfterMs({ kind: 'wrong-credentials' }, 0)).toBeNull();
  expect(retryAfterMs({ kind: 'too-many-attempts', waitS: 5 }, 0)).toBeNull();
  expect(retryAfterMs({ kind: 'cookie-blocked' }, 0)).toBeNull();
});

test.each([
  '//evil.example',
  'https://evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r\n\t/evil.example',
  '\t//evil.example',
  '/.//evil.example',
  '/x/..//evil.example',
  '/%2e//evil.example',
  'javascript:alert(1)',
  'evil',
  '',
  '/sign-in?next=/x',
  '/./sign-in',
])('sign-in does not lead on to %j', (next) => {
  expect(safeNext(next)).toBeNull();
});

test('whatever it lets through lies within the portal, as a browser reads it', () => {
  const here = 'https://portal.example';
  const piece = fc.constantFrom(
    '/',
    '\\',
    '\t',
    '\n',
    '.',
    '..',
    '%2f',
    '%5c',
    '%09',
    'evil.example',
    ':',
    '@',
    '?',
    '#',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => `/${pieces.join('')}`),
      ),
      (next) => {
        const path = safeNext(next);
        if (path !== null) expect(new URL(path, `${here}/sign-in`).origin).toBe(here);
      },
    ),
  );
});

test('sign-in leads back to a page of the portal', () => {
  expect(safeNext('/home/home-1/history')).toBe('/home/home-1/history');
});
