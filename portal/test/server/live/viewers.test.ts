import { expect, test } from '@jest/globals';
import { LiveHub } from '../../../server/live/hub.ts';
import { liveResponse } from '../../../server/live/live-stream.ts';
import { MOST_STREAMS, Viewers } from '../../../server/live/viewers.ts';
import { until } from '../../built-portal.ts';

const people = (n: number, each: number) =>
  Array.from({ length: n * each }, (_, i) => ({
    person: `p${i % n}`,
    session: `p${i % n} ${Math.floor(i / n / 8)}`,
  }));

test('a site full of others takes nobody more, but the newest of somebody who watches already', () => {
  const viewers = new Viewers();
  const ended: string[] = [];
  const admit = (person: string, session: string, site: string) =>
    viewers.admit({ person, session, site, allowed: async () => true, end: () => ended.push(person) });
  for (const { person, session } of people(MOST_STREAMS.site / 10, 10)) admit(person, session, 'home-1');
  expect(() => admit('late', 'late', 'home-1')).toThrow('Too many are watching');
  expect(ended).toEqual([]);
  admit('p3', 'p3 0', 'home-1');
  expect(ended).toEqual(['p3']);
  const leave = admit('late', 'late', 'home-2');
  leave();
  viewers.close();
});

test('a process full of viewers takes nobody more', () => {
  const viewers = new Viewers();
  const admit = (person: string, session: string, site: string) =>
    viewers.admit({ person, session, site, allowed: async () => true, end: () => undefined });
  for (const [i, one] of people(MOST_STREAMS.process / 10, 10).entries()) {
    admit(one.person, one.session, `home-${i % 10}`);
  }
  expect(() => admit('late', 'late', 'home-99')).toThrow('Too many are watching');
  viewers.close();
});

test('a viewer who takes nothing at all is let go before much waits for them', async () => {
  const hub = new LiveHub(() => 0);
  const list = Array.from({ length: 100 }, (_, id) => ({ id, note: 'x'.repeat(500) }));
  let left = 0;
  const response = liveResponse({
    hub,
    site: 'home-1',
    signal: new AbortController().signal,
    proposals: async () => list,
    admit: () => () => {
      left += 1;
    },
  });
  await until(() => {
    hub.proposalsChanged('home-1');
    return hub.viewers('home-1') === 0;
  }, 'let go');
  expect(left).toBe(1);
  const text = await response.text();
  expect(text.length).toBeLessThan(1_000_000);
});

test.each(['hangs up', 'cancels'])('a viewer who %s leaves nothing behind', async (how) => {
  const hub = new LiveHub(() => 0);
  const hangUp = new AbortController();
  let left = 0;
  const response = liveResponse({
    hub,
    site: 'home-1',
    signal: hangUp.signal,
    proposals: async () => [],
    admit: () => () => {
      left += 1;
    },
  });
  expect(hub.viewers('home-1')).toBe(1);
  if (how === 'cancels') await response.body?.cancel();
  else hangUp.abort();
  expect(hub.viewers('home-1')).toBe(0);
  expect(left).toBe(1);
});
