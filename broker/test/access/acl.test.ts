import { describe, expect, test } from '@jest/globals';
import { type Identity, mayPublish, maySubscribe, rulesOf } from '../../src/access/acl.ts';
import { FACTORY_TOPICS } from '../../src/access/credential.ts';
import { DEVICE_TOPICS } from '../../src/wire/device-topics.ts';
import { type Role, TOPICS } from '../../src/wire/topics.ts';
import { drawer, drawFilter, drawIdentity, drawTopic, worldOf } from './random-world.ts';
import { referenceMayHear, referenceMayPublish, referenceMaySubscribe } from './reference-rules.ts';

const PAIRS = 10_000;
const board: Identity = { id: 'board-1', role: 'board', bindings: {} };
const portal: Identity = { id: 'portal', role: 'portal', bindings: {} };
const observer: Identity = { id: 'watcher', role: 'observer', bindings: {} };
const installer: Identity = { id: 'tablet', role: 'installer', bindings: { siteId: ['home-1'] } };

describe('ten thousand random pairs against a second opinion', () => {
  test('publishing, retained or not', () => {
    const draw = drawer(1);
    const differences: object[] = [];
    const allowed = { yes: 0, no: 0 };
    for (let i = 0; i < PAIRS; i += 1) {
      const { identity, reference } = drawIdentity(draw);
      const topic = drawTopic(draw);
      const retain = draw([true, false]);
      const verdict = mayPublish(identity, topic, retain);
      if (verdict !== referenceMayPublish(reference, topic, retain)) {
        differences.push({ i, identity, topic, retain, verdict });
      }
      allowed[verdict ? 'yes' : 'no'] += 1;
    }
    expect(differences).toEqual([]);
    expect(Math.min(allowed.yes, allowed.no)).toBeGreaterThan(PAIRS / 50);
  });

  test('subscribing: never to anything that holds a topic one may not hear', () => {
    const draw = drawer(2);
    const differences: object[] = [];
    const allowed = { yes: 0, no: 0 };
    for (let i = 0; i < PAIRS; i += 1) {
      const { identity, reference } = drawIdentity(draw);
      const filter = drawFilter(draw);
      const verdict = maySubscribe(identity, filter);
      if (verdict !== referenceMaySubscribe(reference, filter, worldOf(filter))) {
        differences.push({ i, identity, filter, verdict });
      }
      allowed[verdict ? 'yes' : 'no'] += 1;
    }
    expect(differences).toEqual([]);
    expect(Math.min(allowed.yes, allowed.no)).toBeGreaterThan(PAIRS / 50);
  });

  test('receiving', () => {
    const draw = drawer(3);
    const differences: object[] = [];
    for (let i = 0; i < PAIRS; i += 1) {
      const { identity, reference } = drawIdentity(draw);
      const topic = drawTopic(draw);
      const verdict = rulesOf(identity).mayReceive(topic);
      if (verdict !== referenceMayHear(reference, topic)) differences.push({ i, identity, topic, verdict });
    }
    expect(differences).toEqual([]);
  });
});

test('the box and its boards listen to nobody but those from whom they may take something, topic by topic', () => {
  const listened = Object.entries({ ...TOPICS, ...DEVICE_TOPICS }).flatMap(([name, spec]) => {
    const { publish, subscribe }: { publish: readonly Role[]; subscribe: readonly Role[] } = spec;
    const heardBy = subscribe.filter((role) => role === 'edge' || role === 'site' || role === 'board');
    const saidBy = publish.filter((role) => !['edge', 'site', 'board', 'meter'].includes(role));
    return heardBy.length > 0 && saidBy.length > 0 ? [`${saidBy} > ${heardBy}: ${name}`] : [];
  });
  // Signed, or answered without moving anything, or asked by whoever stands in front of the boards.
  expect(listened).toEqual([
    'portal > site: siteEventAck',
    'portal > site: siteSetpoint',
    'portal > site: siteRequest',
    'operator > site: siteOperatorSetpoint',
    'installer > edge: siteInstaller',
    'observer > edge: assistantPresence',
  ]);
});

describe('what the manual says', () => {
  test.each([
    [portal, 'wattward/v1/site/+/+', true],
    [portal, 'wattward/v1/site/+/response/+', true],
    [portal, 'wattward/v1/site/+/#', false],
    [portal, 'wattward/v1/+/+/#', false],
    [portal, 'wattward/#', false],
    [board, 'wattward/v1/board/board-1/command', true],
    [board, 'wattward/v1/board/board-1/#', true],
    [board, 'wattward/v1/board/+/command', false],
    [board, 'wattward/v1/board/board-2/command', false],
    [board, '#', false],
    [observer, '#', true],
    [observer, '$SYS/#', true],
    [observer, '$share/group/#', false],
    [{ ...observer, bindings: { siteId: ['home-1'] } }, '#', false],
    [{ ...observer, bindings: { siteId: ['home-1'] } }, '$SYS/#', false],
    [{ ...observer, topics: ['boardState'] }, 'wattward/v1/board/+/state', true],
    [{ ...observer, topics: ['boardState'] }, 'wattward/v1/board/+/+', false],
    [installer, 'wattward/v1/site/home-1/installer/+/answer', true],
    [installer, 'wattward/v1/site/home-1/response/commission', false],
    [installer, 'wattward/v1/site/+/installer/commission/answer', false],
    [board, 'wattward/v1/board/board-1/command/', false],
    [board, 'wattward/v1/board/board-1/com+', false],
    [board, '', false],
    [board, '/', false],
  ] satisfies [Identity, string, boolean][])('%j subscribes to %s: %s', (identity, filter, verdict) => {
    expect(maySubscribe(identity, filter)).toBe(verdict);
  });

  test('an unclaimed board says hello, is identified and receives its secret, and nothing else', () => {
    const factory: Identity = { ...board, topics: [...FACTORY_TOPICS] };
    expect(mayPublish(factory, 'wattward/v1/board/board-1/hello', true)).toBe(true);
    expect(maySubscribe(factory, 'wattward/v1/board/board-1/credential')).toBe(true);
    expect(maySubscribe(factory, 'wattward/v1/board/board-1/identify')).toBe(true);
    expect(mayPublish(factory, 'wattward/v1/board/board-1/state', true)).toBe(false);
    expect(maySubscribe(factory, 'wattward/v1/board/board-1/command')).toBe(false);
    expect(maySubscribe(factory, 'wattward/v1/board/board-1/#')).toBe(false);
  });

  test('a box bound to its own boards cannot switch those of the other home', () => {
    const edge: Identity = {
      id: 'edge-home-1',
      role: 'edge',
      bindings: { boardId: ['b1'], siteId: ['home-1'] },
    };
    expect(mayPublish(edge, 'wattward/v1/board/b1/command', false)).toBe(true);
    expect(mayPublish(edge, 'wattward/v1/board/b2/command', false)).toBe(false);
    expect(mayPublish(edge, 'wattward/v1/board/b1/command', true)).toBe(false);
  });
});
