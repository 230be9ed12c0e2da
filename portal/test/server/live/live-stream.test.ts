/** Live values over the built server: a broker, two boxes, and people who watch, sign out and lose their rights. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startBroker } from '@wattward/broker/server/start-broker';
import { MOST_STREAMS } from '../../../server/live/viewers.ts';
import { type Browser, type BuiltPortal, PASSWORD, startBuiltPortal, until } from '../../built-portal.ts';
import { SmallBox, stateAt } from '../setpoints/small-box.ts';

let at: BuiltPortal;
let broker: Awaited<ReturnType<typeof startBroker>>;
let box: SmallBox;
let other: SmallBox;
let owner: Browser;
const siteMs = Date.parse('2026-01-10T12:00:00Z');
const secret = 'a-secret-of-24-characters';
/** Somebody whose right is gone sees nothing after this. */
const GONE_MS = 1000;
const ED25519 =
  '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n-----END PUBLIC KEY-----\n';

beforeAll(async () => {
  broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    credentials: [
      { id: 'portal', role: 'portal', secret },
      { id: 'home-1', role: 'site', secret },
      { id: 'home-2', role: 'site', secret },
    ],
  });
  const url = `mqtt://127.0.0.1:${broker.port}`;
  at = await startBuiltPortal({ broker: { url, id: 'portal', secret } });
  owner = await at.person('owner');
  const connect = (site: string) =>
    SmallBox.connect({ url, site, secret, publicKeyPem: ED25519, nowMs: () => siteMs });
  [box, other] = [await connect('home-1'), await connect('home-2')];
  for (const site of ['home-1', 'home-2']) {
    const row = async () =>
      (await owner.get(`/orgs/north/sites/${site}`)).json() as Promise<{ state: unknown }>;
    await until(async () => (await row()).state !== null, `${site} lives`);
  }
});
afterAll(async () => {
  await Promise.all([box.stop(), other.stop()]);
  await at.stop();
  await broker.close();
});

interface Seen {
  readonly event: string;
  readonly data: unknown;
}
interface Listener {
  readonly seen: Seen[];
  readonly headers: Headers;
  readonly status: number;
  /** When the stream ended and with which words; null while it is open. */
  ended: { readonly atMs: number; readonly farewell: string } | null;
  close(): void;
}

async function listen(browser: Browser, site = 'home-1'): Promise<Listener> {
  const closer = new AbortController();
  const response = await fetch(`${at.url}/api/v1/orgs/north/sites/${site}/live`, {
    headers: { cookie: browser.cookie },
    signal: closer.signal,
  });
  const { headers, status } = response;
  const listener: Listener = { seen: [], headers, status, ended: null, close: () => closer.abort() };
  const read = async () => {
    let text = '';
    let farewell = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [, event, data] = /^event: (\w+)\ndata: (.*)$/.exec(block) ?? [];
        if (event && data) listener.seen.push({ event, data: JSON.parse(data) });
        else farewell = block;
      }
    }
    listener.ended = { atMs: performance.now(), farewell };
  };
  read().catch(() => {
    listener.ended = { atMs: performance.now(), farewell: 'broken' };
  });
  return listener;
}
const isOpen = ({ ended }: Listener) => ended === null;

test('a viewer gets what is known at once, then every new state, of this site only', async () => {
  const stream = await listen(owner);
  expect(stream.headers.get('content-type')).toContain('text/event-stream');
  expect(stream.headers.get('cache-control')).toBe('no-cache, no-transform');
  await until(() => stream.seen.some(({ event }) => event === 'proposals'), 'first events');
  expect(stream.seen.map(({ event }) => event).sort()).toEqual(['connection', 'proposals', 'state']);
  await other.live();
  await box.live();
  await until(() => stream.seen.filter(({ event }) => event === 'state').length === 2, 'state');
  expect(stream.seen.at(-1)).toEqual({ event: 'state', data: stateAt('home-1', siteMs) });
  stream.close();
});

test.each<[what: string, how: (person: Browser) => Promise<unknown>]>([
  ['signs out', (person) => person.send('DELETE', '/session')],
  [
    'loses the role',
    async (person) => {
      const { id } = (await (await person.get('/session')).json()) as { id: string };
      await at.db.deleteFrom('membership').where('person_id', '=', id).execute();
    },
  ],
  [
    'is idle for too long',
    async (person) => {
      const { id } = (await (await person.get('/session')).json()) as { id: string };
      await at.db.updateTable('session').set({ seen_ms: 0 }).where('person_id', '=', id).execute();
    },
  ],
])('the stream of somebody who %s ends within a second, and nobody else’s does', async (_, how) => {
  const person = await at.person('manager');
  const [mine, theirs] = [await listen(person), await listen(owner)];
  await until(() => mine.seen.length > 0, 'first events');
  await how(person);
  const goneMs = performance.now();
  await until(() => mine.ended !== null, 'the end of the stream');
  expect((mine.ended?.atMs ?? Number.NaN) - goneMs).toBeLessThan(GONE_MS);
  expect(isOpen(theirs)).toBe(true);
  theirs.close();
});

test('a session has so many streams: the newest win, and what is closed comes back later', async () => {
  const person = await at.person('auditor');
  const streams: Listener[] = [];
  for (let i = 0; i < MOST_STREAMS.session + 3; i += 1) streams.push(await listen(person));
  await until(() => streams.filter(isOpen).length === MOST_STREAMS.session, 'the oldest are ended');
  expect(streams.map(isOpen)).toEqual([...Array(3).fill(false), ...Array(MOST_STREAMS.session).fill(true)]);
  expect(streams[0]?.ended?.farewell).toBe('retry: 30000');
  for (const stream of streams) stream.close();
});

test('a person has so many streams, however often they signed in', async () => {
  const person = await at.person('auditor');
  const { email } = (await (await person.get('/session')).json()) as { email: string };
  const streams: Listener[] = [];
  for (let session = 0; session < 3; session += 1) {
    const browser = at.browser();
    await browser.post('/session', { email, password: PASSWORD });
    for (let i = 0; i < 7; i += 1) streams.push(await listen(browser));
  }
  await until(() => streams.filter(isOpen).length === MOST_STREAMS.person, 'the oldest are ended');
  expect(streams.slice(-MOST_STREAMS.person).every(isOpen)).toBe(true);
  for (const stream of streams) stream.close();
});
