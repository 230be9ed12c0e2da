import { describe, expect, test } from '@jest/globals';
import { canonicalJson } from '../../src/wire/canonical-json.ts';
import { encodeMessage, parseMessage } from '../../src/wire/message.ts';
import { parseTopic, TOPICS, type TopicName, topic } from '../../src/wire/topics.ts';
import { EXAMPLES } from './examples.ts';

const names = Object.keys(TOPICS) as TopicName[];

describe('every topic', () => {
  test.each(names)('%s: its example arrives as it was sent', (name) => {
    const text = encodeMessage(name, EXAMPLES[name]);
    expect(parseMessage(name, text)).toEqual({ ok: true, message: EXAMPLES[name] });
  });

  test.each(names)(
    '%s: rubbish, foreign versions and missing fields are problems, never exceptions',
    (name) => {
      const hostile = [
        '',
        '{',
        'null',
        '[]',
        '42',
        '{"v":2}',
        '{"v":1.5}',
        '{"__proto__":{"v":1}}',
        '\u0000',
      ];
      const text = encodeMessage(name, EXAMPLES[name]);
      if (text.startsWith('{')) hostile.push(text.replace('"v":1', '"v":2'), text.slice(0, -1));
      for (const payload of hostile) {
        const parsed = parseMessage(name, payload);
        expect({ payload, ok: parsed.ok }).toEqual({ payload, ok: false });
      }
    },
  );

  test.each(names)('%s: a topic is found again by its path', (name) => {
    const ids = { boardId: 'esp12f-a4cf12b3c4d5', meterId: 'meter-1', siteId: 'home-1', verb: 'logs' };
    const found = parseTopic(topic(name, ids));
    expect(found?.name).toBe(name);
    for (const [key, id] of Object.entries(found?.ids ?? {})) expect(id).toBe(ids[key as keyof typeof ids]);
  });
});

test('a field nobody knows is ignored, so that a newer sender is still understood', () => {
  const text = JSON.stringify({ ...(EXAMPLES.boardAck as object), colour: 'blue' });
  expect(parseMessage('boardAck', text)).toEqual({ ok: true, message: EXAMPLES.boardAck });
});

test('a payload beyond 64 KiB is not even parsed', () => {
  const parsed = parseMessage('sitePlan', JSON.stringify({ v: 1, filler: 'x'.repeat(70_000) }));
  expect(parsed).toEqual({ ok: false, problem: expect.stringContaining('65536') });
});

test('commands and requests are never retained, states and descriptions are', () => {
  for (const name of names) {
    const isCommand = /Command|Identify|Credential|Setpoint|Request|Response|Ack$|Button/.test(name);
    if (isCommand) expect({ name, retain: TOPICS[name].retain }).toEqual({ name, retain: false });
  }
  expect(TOPICS.boardState.retain && TOPICS.siteDescription.retain && TOPICS.boardConfig.retain).toBe(true);
});

test('an id that could leave its level is refused when a topic is made', () => {
  for (const id of ['a/b', '+', '#', '', 'A', 'x'.repeat(41), 'ü', '$SYS', 'a b', 'a\u0000']) {
    expect(() => topic('boardCommand', { boardId: id })).toThrow(RangeError);
    expect(parseTopic(`wattward/v1/board/${id}/command`)).toBeUndefined();
  }
});

test('canonical JSON is the same for the same content, whatever the order of its members', () => {
  expect(canonicalJson({ b: [1, 2.5], a: { d: 'é', c: null } })).toBe('{"a":{"c":null,"d":"é"},"b":[1,2.5]}');
  expect(canonicalJson({ a: { c: null, d: 'é' }, b: [1, 2.5] })).toBe('{"a":{"c":null,"d":"é"},"b":[1,2.5]}');
  // RFC 8785, 3.2.3: sorted by UTF-16 code units, so the supplementary character comes before U+FB33.
  expect(canonicalJson({ '\ufb33': 1, '\u{1f600}': 2, '\u20ac': 3 })).toBe(
    '{"\u20ac":3,"\u{1f600}":2,"\ufb33":1}',
  );
  for (const impossible of [Number.NaN, Number.POSITIVE_INFINITY, '\ud800', 1n, () => 1]) {
    expect(() => canonicalJson(impossible)).toThrow(TypeError);
  }
});
