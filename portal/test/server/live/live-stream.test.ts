import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { AWAY_AFTER_MS } from '../../../server/live/hub.ts';
import { type Browser, type RunningPortal, runPortal, until } from '../running-portal.ts';
import { stateAt } from '../setpoints/small-box.ts';

let at: RunningPortal;
let owner: Browser;
let clockMs = Date.parse('2026-06-10T12:00:00Z');
beforeAll(async () => {
  at = await runPortal({ nowMs: () => clockMs });
  owner = await at.person('owner');
});
afterAll(() => at.stop());

interface Seen {
  readonly event: string;
  readonly data: unknown;
}

/** Collects the events of a stream until it is closed. */
async function listen(site: string): Promise<{ seen: Seen[]; headers: Headers; close: () => void }> {
  const closer = new AbortController();
  const response = await fetch(`${at.url}/api/v1/orgs/north/sites/${site}/live`, {
    headers: { cookie: owner.cookie },
    signal: closer.signal,
  });
  const seen: Seen[] = [];
  const read = async () => {
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (event && data) seen.push({ event, data: JSON.parse(data) });
      }
    }
  };
  read().catch(() => undefined);
  return { seen, headers: response.headers, close: () => closer.abort() };
}
const names = (seen: readonly Seen[]) => seen.map(({ event }) => event);

test('a viewer gets what is known at once, then every new state, of this site only', async () => {
  const { hub } = at.portal;
  const stream = await listen('home-1');
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  expect(stream.headers.get('cache-control')).toBe('no-cache, no-transform');
  await until(() => stream.seen.length === 2, 'first events');
  expect(stream.seen).toEqual([
    { event: 'connection', data: { connection: 'never-seen', lastContact: null } },
    { event: 'proposals', data: [] },
  ]);
  hub.takeState('home-2', stateAt('home-2', clockMs));
  hub.takeState('home-1', stateAt('home-1', clockMs - 1000));
  await until(() => stream.seen.length === 4, 'state');
  expect(stream.seen.slice(2)).toEqual([
    { event: 'connection', data: { connection: 'online', lastContact: new Date(clockMs).toISOString() } },
    { event: 'state', data: stateAt('home-1', clockMs - 1000) },
  ]);
  stream.close();
});

test('a box that falls silent is away, even while its retained word says online', async () => {
  const { hub } = at.portal;
  const stream = await listen('home-1');
  hub.takeState('home-1', stateAt('home-1', clockMs));
  hub.takeAvailability('home-1', 'online');
  clockMs += AWAY_AFTER_MS;
  hub.tick();
  expect(hub.site('home-1').connection).toBe('online');
  clockMs += 1;
  hub.tick();
  expect(hub.site('home-1').connection).toBe('offline');
  await until(() => names(stream.seen).at(-1) === 'connection' && stream.seen.length > 3, 'connection');
  expect(stream.seen.at(-1)?.data).toMatchObject({ connection: 'offline' });
  stream.close();
});

test('a last will shortens the wait', () => {
  const { hub } = at.portal;
  hub.takeState('home-1', stateAt('home-1', clockMs));
  hub.takeAvailability('home-1', 'offline');
  expect(hub.site('home-1').connection).toBe('offline');
  hub.takeState('home-1', stateAt('home-1', clockMs));
  expect(hub.site('home-1').connection).toBe('online');
});

test('a retained word alone is no contact', () => {
  at.portal.hub.takeAvailability('far-1', 'online');
  expect(at.portal.hub.site('far-1')).toMatchObject({ connection: 'never-seen', lastContactMs: null });
});

test('the clock of a site runs on between its states', () => {
  const { hub } = at.portal;
  hub.takeState('home-2', stateAt('home-2', 1_000_000));
  clockMs += 500;
  expect(hub.siteNowMs('home-2')).toBe(1_000_500);
});

test('a viewer who hangs up leaves nothing behind', async () => {
  const { hub } = at.portal;
  const stream = await listen('home-2');
  await until(() => stream.seen.length > 0, 'first event');
  expect(hub.viewers('home-2')).toBe(1);
  stream.close();
  await until(() => hub.viewers('home-2') === 0, 'viewer gone');
});
