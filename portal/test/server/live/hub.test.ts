import { beforeEach, expect, test } from '@jest/globals';
import { AWAY_AFTER_MS, type LiveEvent, LiveHub } from '../../../server/live/hub.ts';
import { stateAt } from '../setpoints/small-box.ts';

let clockMs = Date.parse('2026-06-10T12:00:00Z');
let hub: LiveHub;
beforeEach(() => {
  hub = new LiveHub(() => clockMs);
});

test('a box that falls silent is away, even while its retained word says online', () => {
  const seen: LiveEvent[] = [];
  hub.view('home-1', (event) => seen.push(event));
  hub.takeState('home-1', stateAt('home-1', clockMs));
  hub.takeAvailability('home-1', 'online');
  clockMs += AWAY_AFTER_MS;
  hub.tick();
  expect(hub.site('home-1').connection).toBe('online');
  clockMs += 1;
  hub.tick();
  expect(hub.site('home-1').connection).toBe('offline');
  expect(seen.at(-1)).toMatchObject({ type: 'connection', connection: 'offline' });
});

test('a last will shortens the wait', () => {
  hub.takeState('home-1', stateAt('home-1', clockMs));
  hub.takeAvailability('home-1', 'offline');
  expect(hub.site('home-1').connection).toBe('offline');
  hub.takeState('home-1', stateAt('home-1', clockMs));
  expect(hub.site('home-1').connection).toBe('online');
});

test('a retained word alone is no contact', () => {
  hub.takeAvailability('far-1', 'online');
  expect(hub.site('far-1')).toMatchObject({ connection: 'never-seen', lastContactMs: null });
});

test('the clock of a site runs on between its states', () => {
  hub.takeState('home-2', stateAt('home-2', 1_000_000));
  clockMs += 500;
  expect(hub.siteNowMs('home-2')).toBe(1_000_500);
});
