/** The firmware's own reading and writing of messages, held against the wire's schemas and topics. */
import { describe, expect, test } from '@jest/globals';
import { MESSAGES } from '@wattward/broker/wire/message';
import { ID_PATTERN, TOPICS, topic } from '@wattward/broker/wire/topics';
import fc from 'fast-check';
import { EXAMPLES } from '../../../broker/test/wire/examples.ts';
import { downTopic, publishOptions, subscriptions, topicOf } from '../../firmware/board-topics.ts';
import { parseCommand, parseConfig, parseCredential, parseIdentify } from '../../firmware/inbound.ts';
import { StubBoard } from './stub-platform.ts';

const WIRE = {
  hello: 'boardHello',
  availability: 'boardAvailability',
  state: 'boardState',
  ack: 'boardAck',
  button: 'boardButton',
  command: 'boardCommand',
  config: 'boardConfig',
  identify: 'boardIdentify',
  credential: 'boardCredential',
} as const;
const UP = ['hello', 'availability', 'state', 'ack', 'button'] as const;
const DOWN = ['command', 'config', 'identify', 'credential'] as const;

describe('topics', () => {
  test.each([...UP, ...DOWN])('%s is the wire`s', (name) => {
    expect(topicOf('esp12f-1', name)).toBe(topic(WIRE[name], { boardId: 'esp12f-1' }));
  });
  test.each(UP)('%s is published with the wire`s quality and retention', (name) => {
    const { qos, retain } = TOPICS[WIRE[name]];
    expect(publishOptions(name)).toEqual({ qos, retain });
  });
  test('a claimed board hears what a board may, an unclaimed one what the factory credential may', () => {
    expect(subscriptions('b', true)).toEqual(DOWN.map((name) => topicOf('b', name)));
    expect(subscriptions('b', false)).toEqual([topicOf('b', 'identify'), topicOf('b', 'credential')]);
    for (const name of DOWN) expect(TOPICS[WIRE[name]].subscribe).toContain('board');
  });
  test('topics of other boards are none', () => {
    expect(downTopic('b', topicOf('b', 'command'))).toBe('command');
    expect(downTopic('b', topicOf('a', 'command'))).toBeUndefined();
    expect(downTopic('b', topicOf('b', 'state'))).toBeUndefined();
  });
});

const PARSERS = {
  command: parseCommand,
  config: parseConfig,
  credential: parseCredential,
  identify: parseIdentify,
} as const;

/** Values that are nearly right, and ones that are not. */
const oddities = fc.constantFrom<unknown>(
  undefined,
  null,
  0,
  -1,
  1,
  1.5,
  90,
  120,
  121,
  300,
  301,
  2 ** 53,
  '',
  '1',
  'off',
  'on',
  'no',
  'nc',
  'ABC',
  'x'.repeat(65),
  'x'.repeat(121),
  true,
  [],
  {},
);

/** A message with up to three fields, at any depth, set to something else. */
function bent(example: object): fc.Arbitrary<string> {
  const paths = pathsOf(example);
  const change = fc.tuple(fc.constantFrom(...paths), oddities);
  return fc.array(change, { maxLength: 3 }).map((changes) => {
    const copy = structuredClone(example);
    for (const [path, value] of changes) setAt(copy, path, value);
    return JSON.stringify(copy);
  });
}

type Path = readonly (string | number)[];

function pathsOf(value: unknown, prefix: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [prefix];
  const keys = Array.isArray(value) ? value.map((_, i) => i) : Object.keys(value);
  const own = prefix.length > 0 ? [prefix] : [[...prefix, 'unknownField']];
  return [...own, ...keys.flatMap((k) => pathsOf(Reflect.get(value, k), [...prefix, k]))];
}

function setAt(root: object, path: Path, value: unknown): void {
  let at: object = root;
  for (const key of path.slice(0, -1)) {
    const next: unknown = Reflect.get(at, key);
    if (typeof next !== 'object' || next === null) return;
    at = next;
  }
  const last = path.at(-1);
  if (last !== undefined) Reflect.set(at, last, value);
}

describe.each(DOWN)('%s', (name) => {
  const schema = MESSAGES[WIRE[name]];
  const example = EXAMPLES[WIRE[name]];

  test('the wire`s example is taken', () => {
    expect(PARSERS[name](JSON.stringify(example))).toBeDefined();
  });

  test('is taken or refused exactly as the wire`s schema says', () => {
    let taken = 0;
    fc.assert(
      fc.property(bent(example as object), (json) => {
        const parsed = PARSERS[name](json);
        const byWire = schema.safeParse(JSON.parse(json));
        taken += byWire.success ? 1 : 0;
        expect([json, parsed !== undefined]).toEqual([json, byWire.success]);
        if (byWire.success && typeof parsed === 'object') expect(byWire.data).toMatchObject(parsed);
        if (byWire.success && typeof parsed === 'number')
          expect(byWire.data).toMatchObject({ seconds: parsed });
      }),
      { numRuns: 3000, seed: 12 },
    );
    expect(taken).toBeGreaterThan(100);
  });

  test.each(['', '{', 'null', '[]', '1', '"x"', `{"v":1,${' '.repeat(3000)}}`])(
    '%j is no message',
    (json) => {
      expect(PARSERS[name](json)).toBeUndefined();
    },
  );
});

test('everything the board publishes in a long life is what the wire expects', () => {
  const board = StubBoard.linked();
  board.pass(12);
  const { connection, id } = board;
  const boot = (connection.last('state') as { boot: string }).boot;
  const command = (fields: object) =>
    connection.deliver(topicOf(id, 'command'), {
      ...EXAMPLES.boardCommand,
      board: id,
      boot,
      seq: 1,
      channel: 1,
      on: true,
      leaseS: 90,
      expUptimeMs: 1e9,
      ...fields,
    });
  board.pass(60);
  command({});
  command({ seq: 1 });
  command({ seq: 2, channel: 9 });
  command({ seq: 3, boot: 'dead' });
  board.press(2);
  board.pass(100);
  connection.deliver(topicOf(id, 'config'), { ...EXAMPLES.boardConfig, board: id });
  board.pass(30);
  const seen = new Set<string>();
  for (const { topic: path, text } of connection.published) {
    const name = UP.find((n) => topicOf(id, n) === path);
    expect(name).toBeDefined();
    if (!name) continue;
    seen.add(name);
    const checked = MESSAGES[WIRE[name]].safeParse(name === 'availability' ? text : JSON.parse(text));
    expect([text, checked.success]).toEqual([text, true]);
  }
  expect([...seen].sort()).toEqual([...UP].sort());
  expect(id).toMatch(ID_PATTERN);
});
