import { expect, test } from '@jest/globals';
import type { SitePage } from '../../contract/api.ts';
import {
  applyLiveMessage,
  freshness,
  STALE_AFTER_MS,
  startingValues,
} from '../../features/live/live-values.ts';
import { sunny } from './site-states.ts';

const page: SitePage = {
  id: 'home-1',
  name: 'Home',
  organisation: { id: 'org', name: 'Org' },
  permissions: ['view'],
  connection: 'online',
  lastContact: '2026-06-21T10:00:00.000Z',
  description: null,
  state: sunny,
  activeSetpoints: [],
};

test('values of a living stream are live, and grow stale when it falls silent', () => {
  const heard = applyLiveMessage(startingValues(page), { event: 'state', data: sunny }, 1000);
  expect(freshness(heard, 1000 + STALE_AFTER_MS)).toBe('live');
  expect(freshness(heard, 1001 + STALE_AFTER_MS)).toBe('stale');
});

test('a site that went away is offline with its last values and the time of its last word', () => {
  const gone = applyLiveMessage(
    startingValues(page),
    { event: 'connection', data: { connection: 'offline', lastContact: '2026-06-21T10:00:09.000Z' } },
    5000,
  );
  expect(freshness(gone, 5000)).toBe('offline');
  expect(gone.state).toBe(sunny);
  expect(gone.lastContact).toBe('2026-06-21T10:00:09.000Z');
});

test('a new state ends being offline', () => {
  const gone = startingValues({ ...page, connection: 'offline' });
  expect(freshness(applyLiveMessage(gone, { event: 'state', data: sunny }, 1), 1)).toBe('live');
});

test('a site never heard of stays so until its first word', () => {
  const never = startingValues({ ...page, connection: 'never-seen', state: null, lastContact: null });
  expect(freshness(never, 0)).toBe('never-seen');
  expect(freshness(applyLiveMessage(never, { event: 'state', data: sunny }, 1), 1)).toBe('live');
});

test('a word about the connection that cannot be read changes nothing', () => {
  const before = startingValues(page);
  expect(applyLiveMessage(before, { event: 'connection', data: 'nonsense' }, 1)).toEqual(before);
});
