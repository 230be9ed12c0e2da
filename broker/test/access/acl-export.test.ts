import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Identity, mayPublish, maySubscribe, rulesOf } from '../../src/access/acl.ts';
import { emqxAcl, mosquittoAcl } from '../../src/access/acl-export.ts';
import { TestClient } from '../server/mqtt-clients.ts';
import { EmqxRules } from './emqx-rules.ts';
import { drawer, drawFilter, drawIdentity, drawTopic, TOPICS_OF_IDS } from './random-world.ts';

const installed = spawnSync('mosquitto', ['-h']).error === undefined;
const whenInstalled = installed ? describe : describe.skip;
const PAIRS = 10_000;
const EXISTING = new Set(TOPICS_OF_IDS);

/** Forty identities of all roles and bindings, under names of their own. */
const draw = drawer(7);
const identities: Identity[] = Array.from({ length: 40 }, (_, i) => {
  const { identity } = drawIdentity(draw);
  const own = { board: 'boardId', meter: 'meterId', site: 'siteId' }[identity.role as string];
  // The drawn id says whose topics these are; the name has to be unique.
  const bindings = own ? { [own]: [identity.id], ...identity.bindings } : identity.bindings;
  return { ...identity, id: `who-${i}`, bindings };
});

whenInstalled('mosquitto with the exported file (skipped where mosquitto is not installed)', () => {
  let dir = '';
  let broker: ChildProcess;
  let url = '';

  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'acl-'));
    const port = await freePort();
    await writeFile(
      path.join(dir, 'acl'),
      `${mosquittoAcl(identities)}\nuser root-of-test\ntopic readwrite #\n`,
    );
    await writeFile(
      path.join(dir, 'conf'),
      `listener ${port} 127.0.0.1\nallow_anonymous true\nacl_file ${dir}/acl\nmax_queued_messages 20000\nset_tcp_nodelay true\nuser root\n`,
    );
    broker = spawn('mosquitto', ['-c', path.join(dir, 'conf')], { stdio: 'ignore' });
    url = `mqtt://127.0.0.1:${port}`;
    let probe: TestClient | undefined;
    while (!probe)
      probe = await TestClient.open(url, { id: 'root-of-test', secret: 'x' }).catch(() => undefined);
    await probe.end();
  });
  afterAll(async () => {
    broker.kill();
    await rm(dir, { recursive: true });
  });

  test('lets through the same publications of ten thousand pairs', async () => {
    const witness = await TestClient.open(url, { id: 'root-of-test', secret: 'x' });
    await witness.subscribe('#', 1);
    const expected: string[] = [];
    const pairs = Array.from({ length: PAIRS }, (_, i) => ({
      i,
      who: draw(identities),
      topic: drawTopic(draw),
    }));
    const sayAll = async (identity: Identity) => {
      const client = await TestClient.open(url, { id: identity.id, secret: 'x' });
      const own = pairs.filter(({ who, topic }) => who === identity && publishable(topic));
      await Promise.all(own.map(({ i, topic }) => client.mqtt.publishAsync(topic, String(i), { qos: 1 })));
      for (const { i, topic } of own) if (mayPublish(identity, topic, false)) expected.push(String(i));
      await client.end();
    };
    await Promise.all(identities.map(sayAll));
    const root = await TestClient.open(
      url,
      { id: 'root-of-test-2', secret: 'x' },
      { username: 'root-of-test' },
    );
    await root.publish('the/end', 'end');
    await witness.waitFor(({ text }) => text === 'end');
    await Promise.all([witness.end(), root.end()]);
    const seen = witness.received.map(({ text }) => text).filter((text) => text !== 'end');
    expect(seen.toSorted()).toEqual(expected.toSorted());
    expect(expected.length).toBeGreaterThan(PAIRS / 50);
  });

  test('delivers to every identity exactly what it may hear', async () => {
    const root = await TestClient.open(url, { id: 'root-of-test', secret: 'x' });
    for (const identity of identities) {
      const client = await TestClient.open(url, { id: identity.id, secret: 'x' });
      await client.subscribe('#', 1);
      const topics = Array.from({ length: PAIRS / identities.length }, () => drawTopic(draw)).filter(
        publishable,
      );
      await Promise.all(topics.map((topic, i) => root.mqtt.publishAsync(topic, String(i), { qos: 1 })));
      // What this identity may hear for certain marks the end; one that may hear nothing is asked nothing.
      const last = TOPICS_OF_IDS.find((topic) => rulesOf(identity).mayReceive(topic));
      if (last) {
        await root.publish(last, 'end');
        await client.waitFor(({ text }) => text === 'end');
      }
      const seen = client.received.filter(({ text }) => text !== 'end').map(({ text }) => Number(text));
      const expected = topics.flatMap((topic, i) => (rulesOf(identity).mayReceive(topic) ? [i] : []));
      expect({ identity, seen: seen.toSorted((a, b) => a - b) }).toEqual({ identity, seen: expected });
      await client.end();
    }
    await root.end();
  });
});

/** EMQX itself is not at hand: its rules are read as its manual says they are. */
describe('the file for EMQX, read by a second reading of its manual', () => {
  const rules = new EmqxRules(emqxAcl(identities));

  test('lets through the same publications of ten thousand pairs, retained or not', () => {
    const differences: object[] = [];
    let allowed = 0;
    for (let i = 0; i < PAIRS; i += 1) {
      const [identity, topic, retain] = [draw(identities), drawTopic(draw), draw([true, false])];
      if (!publishable(topic)) continue;
      const own = mayPublish(identity, topic, retain);
      const theirs = rules.allows({ username: identity.id, action: 'publish', retain, topic });
      if (own !== theirs) differences.push({ identity, topic, retain, own, theirs });
      if (own) allowed += 1;
    }
    expect(differences).toEqual([]);
    expect(allowed).toBeGreaterThan(PAIRS / 50);
  });

  test('grants the same subscriptions to single topics of ten thousand pairs', () => {
    const differences: object[] = [];
    let allowed = 0;
    for (let i = 0; i < PAIRS; i += 1) {
      const [identity, topic] = [draw(identities), drawTopic(draw)];
      if (!publishable(topic)) continue;
      const own = maySubscribe(identity, topic);
      const theirs = rules.allows({ username: identity.id, action: 'subscribe', retain: false, topic });
      if (own !== theirs) differences.push({ identity, topic, own, theirs });
      if (own) allowed += 1;
    }
    expect(differences).toEqual([]);
    expect(allowed).toBeGreaterThan(PAIRS / 50);
  });

  test('grants no filter with wildcards of ten thousand that the broker refuses', () => {
    const leaks: object[] = [];
    let granted = 0;
    for (let asked = 0; asked < PAIRS; ) {
      const [identity, filter] = [draw(identities), drawFilter(draw)];
      // Words that are no ids, and the presence of Home Assistant among that of ESPHome boards, are what the file
      // cannot tell; topics without wildcards are asked for above.
      if (!/[+#]/.test(filter) || !/^[a-z0-9+#-]+(\/[a-z0-9+#-]+)*$/.test(filter)) continue;
      if (/^\+\/status(\/#)?$/.test(filter)) continue;
      asked += 1;
      const theirs = rules.allows({
        username: identity.id,
        action: 'subscribe',
        retain: false,
        topic: filter,
      });
      if (theirs && !maySubscribe(identity, filter)) leaks.push({ identity, filter });
      if (theirs) granted += 1;
    }
    expect(leaks).toEqual([]);
    expect(granted).toBeGreaterThan(PAIRS / 200);
  });

  test('opens the inside of the broker to nobody but an unbound observer, whatever the wildcards of others', () => {
    for (const { id } of identities) {
      for (const topic of ['$SYS/brokers', '$SYS/status', '$SYS/a/b/state', '$delayed/1/x/command']) {
        for (const action of ['publish', 'subscribe'] as const) {
          const allowed = rules.allows({ username: id, action, retain: false, topic });
          const identity = identities.find((each) => each.id === id);
          expect({ id, topic, action, allowed }).toEqual({
            ...{ id, topic, action },
            allowed: action === 'subscribe' && identity !== undefined && maySubscribe(identity, topic),
          });
        }
      }
    }
  });
});

test('the file for EMQX denies what it does not list, and allows retaining only where the tree does', () => {
  const text = emqxAcl([
    { id: 'b1', role: 'board', bindings: {} },
    { id: 'portal', role: 'portal', bindings: {} },
  ]);
  const lines = text.trim().split('\n');
  expect(lines.at(-1)).toBe('{deny, all}.');
  expect(lines).toContain('{allow, {username, "b1"}, publish, ["wattward/v1/board/b1/state"]}.');
  expect(lines).toContain(
    '{allow, {username, "b1"}, {publish, [{retain, false}]}, ["wattward/v1/board/b1/ack"]}.',
  );
  expect(lines).toContain('{allow, {username, "b1"}, subscribe, ["wattward/v1/board/b1/command"]}.');
  expect(lines).toContain('{allow, {username, "portal"}, subscribe, ["wattward/v1/site/+/state"]}.');
  expect(text).not.toMatch(/"b1"}, (publish|\{publish[^"]*), \["wattward\/v1\/board\/b1\/command/);
});

/**
 * The comparison is about rights. Mosquitto takes any word for an id, whatever its letters, and any board for one of
 * a dialect: the manual says so, and topics that differ in that alone are left out.
 */
function publishable(topic: string): boolean {
  // `+/status`, the presence of any ESPHome board, takes this one in.
  if (topic === 'homeassistant/status') return false;
  if (EXISTING.has(topic)) return true;
  return /^wattward(\/[a-z0-9-]+)+$/.test(topic);
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => {
    server.close(resolve);
  });
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}
