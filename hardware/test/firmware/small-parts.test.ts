import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { BoardStore } from '../../firmware/board-store.ts';
import { type ButtonEvent, ButtonPresses } from '../../firmware/button-presses.ts';
import { claimCode, claimFingerprint } from '../../firmware/claim.ts';
import { Inbox } from '../../firmware/inbox.ts';
import { MAX_WAITING, Outbox } from '../../firmware/outbox.ts';
import { isLit } from '../../firmware/relay-pins.ts';
import { unwrapped } from '../../firmware/uptime.ts';
import { config } from '../board-rig.ts';
import { StubConnection, StubSettings, text } from './stub-platform.ts';

const count = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.constant(Number.MAX_SAFE_INTEGER));
const channelFields = fc.record({
  safeState: fc.constantFrom('off' as const, 'on' as const),
  contact: fc.constantFrom('no' as const, 'nc' as const),
  minOnS: count,
  minOffS: count,
  interlock: fc.integer({ min: 0, max: 16 }),
  maxLeaseS: fc.integer({ min: 1, max: 120 }),
  maxSwitchesPerHour: count,
  maxSwitchesPerDay: count,
});

describe('what is kept', () => {
  test('any configuration fits the flash and comes back the same, but for times beyond half a century', () => {
    fc.assert(
      fc.property(fc.array(channelFields, { minLength: 1, maxLength: 4 }), (channels) => {
        const store = new BoardStore(new StubSettings());
        const written = config(...channels);
        store.setConfig(written);
        const capped = JSON.stringify(written).replaceAll(
          String(Number.MAX_SAFE_INTEGER),
          String(36 ** 6 - 1),
        );
        expect(store.config(written.board)).toEqual(JSON.parse(capped));
      }),
    );
  });

  test('a power cut in the middle leaves channels that are whole, old or new', () => {
    for (let writes = 0; writes < 6; writes += 1) {
      const settings = new StubSettings();
      new BoardStore(settings).setConfig(config({ minOnS: 1 }, { minOnS: 1 }, { minOnS: 1 }, { minOnS: 1 }));
      settings.powerForWrites = writes;
      const cut = () =>
        new BoardStore(settings).setConfig(
          config({ minOnS: 2 }, { minOnS: 2 }, { minOnS: 2 }, { minOnS: 2 }),
        );
      if (writes < 4) expect(cut).toThrow('power failed');
      else cut();
      const read = new BoardStore(settings).config('b')?.channels.map((c) => c.minOnS);
      expect(read).toEqual([0, 1, 2, 3].map((i) => (i < writes ? 2 : 1)));
    }
  });

  test('the longest Wi-Fi password and secret fit', () => {
    const store = new BoardStore(new StubSettings());
    const access = { ssid: 's'.repeat(32), password: 'p'.repeat(63), host: 'h'.repeat(62), port: 65_535 };
    store.setAccess(access);
    store.setSecret('x'.repeat(64));
    expect([store.access(), store.secret()]).toEqual([access, 'x'.repeat(64)]);
  });

  test('what has not changed is not written again', () => {
    const settings = new StubSettings();
    const store = new BoardStore(settings);
    store.setSwitches([1, 2, 3, 4]);
    const { writes } = settings;
    store.setSwitches([1, 2, 3, 5]);
    expect(settings.writes).toBe(writes + 1);
  });

  test('rubbish in flash is no configuration', () => {
    const settings = new StubSettings();
    settings.set('telemetry', 15);
    settings.set('channel1', 'on,no,1,2');
    settings.set('channel2', 'maybe,no,1,1,0,1,1,1');
    expect(new BoardStore(settings).config('b')).toEqual({ v: 1, board: 'b', channels: [], telemetryS: 15 });
  });
});

describe('the claim code', () => {
  test('is 20 characters that nobody takes for another', () => {
    let seed = 7;
    const code = claimCode(() => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
      return seed >>> 7;
    });
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{20}$/);
  });
  test('does not stand in its fingerprint', () => {
    expect(claimFingerprint('ABC', () => 'f'.repeat(64))).toBe('f'.repeat(16));
  });
});

describe('the button', () => {
  /** Events of a level over time: [pressed, milliseconds] one after the other. */
  function events(...levels: [boolean, number][]): ButtonEvent[] {
    const button = new ButtonPresses();
    const found: ButtonEvent[] = [];
    let nowMs = 5000;
    for (const [pressed, ms] of levels) {
      for (let left = ms; left > 0; left -= 10) {
        nowMs += 10;
        const event = button.feed(pressed, nowMs);
        if (event) found.push(event);
      }
    }
    return found;
  }
  const press: [boolean, number][] = [
    [true, 150],
    [false, 300],
  ];

  test.each([1, 2, 3, 4])('%d short presses are channel %d', (channel) => {
    const presses = Array.from({ length: channel }, () => press).flat();
    expect(events(...presses, [false, 2000])).toEqual([{ type: 'channel', channel }]);
  });
  test('bouncing is one press', () => {
    const bounce: [boolean, number][] = [
      [true, 10],
      [false, 10],
      [true, 20],
      [false, 10],
    ];
    expect(events(...bounce, [true, 150], ...bounce, [false, 2000])).toEqual([
      { type: 'channel', channel: 1 },
    ]);
  });
  test('a long press is nothing, ten seconds are the set-up, once', () => {
    expect(events([true, 3000], [false, 2000])).toEqual([]);
    expect(events([true, 60_000], [false, 2000])).toEqual([{ type: 'setup' }]);
  });
  test('a stuck button does not switch anything', () => {
    expect(events([true, 3_600_000])).toEqual([{ type: 'setup' }]);
  });
});

describe('the outbox', () => {
  function opened(roomBytes: number) {
    const outbox = new Outbox('b', text);
    const connection = new StubConnection({} as never);
    connection.roomBytes = roomBytes;
    outbox.opened(connection, null);
    outbox.writable(roomBytes);
    return { outbox, connection };
  }
  test('waits until the socket takes a message, then sends in order', () => {
    const { outbox, connection } = opened(10);
    outbox.push('ack', { seq: 1 });
    outbox.push('ack', { seq: 2 });
    expect(connection.published).toEqual([]);
    connection.roomBytes = 500;
    outbox.writable(500);
    expect(connection.published.map((p) => p.text)).toEqual(['{"seq":1}', '{"seq":2}']);
  });
  test('keeps only the newest state, and never more than eight messages', () => {
    const { outbox, connection } = opened(0);
    outbox.push('state', { n: 1 });
    for (let seq = 1; seq <= 3; seq += 1) outbox.push('ack', { seq });
    outbox.push('state', { n: 2 });
    for (let seq = 4; seq <= 20; seq += 1) outbox.push('ack', { seq });
    connection.roomBytes = 1000;
    outbox.writable(1000);
    expect(connection.published).toHaveLength(MAX_WAITING);
    expect(connection.published.at(-1)?.text).toBe('{"seq":20}');
  });
  test('a message that did not fit after all goes out when there is room again', () => {
    const { outbox, connection } = opened(500);
    connection.full = true;
    outbox.push('ack', { seq: 1 });
    outbox.push('ack', { seq: 2 });
    connection.full = false;
    outbox.writable(500);
    expect(connection.published.map((p) => p.text)).toEqual(['{"seq":1}', '{"seq":2}']);
  });
  test('nothing waits over a lost link', () => {
    const { outbox, connection } = opened(0);
    outbox.push('ack', { seq: 1 });
    outbox.closed();
    outbox.opened(connection, null);
    outbox.writable(1000);
    expect(connection.published).toEqual([]);
  });
});

describe('the inbox', () => {
  test('any message in any pieces comes out whole, also after one that is too long', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3000 }).map((length) => Uint8Array.from({ length }, (_, i) => i * 7)),
        fc.integer({ min: 1, max: 700 }),
        (bytes, size) => {
          const inbox = new Inbox();
          const got = [];
          for (const message of [bytes, new Uint8Array([1, 2, 3])]) {
            for (let at = 0; at < message.length; at += size) {
              const head = at === 0 ? { topic: 't', byteLength: message.length } : {};
              got.push(inbox.take(message.subarray(at, at + size), head));
            }
          }
          const whole = got.flatMap((r) => (r ? [Buffer.from(r.bytes).toString('hex')] : []));
          const first = bytes.length > 2048 ? [] : [Buffer.from(bytes).toString('hex')];
          expect(whole).toEqual([...first, '010203']);
        },
      ),
    );
  });
  test.each([
    [2048, true],
    [2049, false],
  ])('of %d bytes all at once: kept %s', (byteLength, kept) => {
    const received = new Inbox().take(new Uint8Array(byteLength), { topic: 't', byteLength });
    expect(received !== undefined).toBe(kept);
  });
  test('a piece longer than what was announced makes the message void, and the next is heard', () => {
    const inbox = new Inbox();
    inbox.take(new Uint8Array(4), { topic: 't', byteLength: 6 });
    expect(inbox.take(new Uint8Array(4), {})).toBeUndefined();
    expect(inbox.take(new Uint8Array(2), { topic: 't', byteLength: 2 })?.bytes).toHaveLength(2);
  });
  test('a piece without a beginning is nothing', () => {
    expect(new Inbox().take(new Uint8Array(3), {})).toBeUndefined();
  });
});

test('a clock made of a counter that wraps does not wrap', () => {
  let counter = 2 ** 32 - 500;
  const clock = unwrapped(() => counter | 0);
  for (let i = 1; i <= 40; i += 1) {
    counter = (counter + 2 ** 30) % 2 ** 32;
    expect(clock()).toBe(i * 2 ** 30);
  }
});

test('each light has a rhythm of its own', () => {
  const rhythm = (light: Parameters<typeof isLit>[0]) =>
    Array.from({ length: 200 }, (_, i) => (isLit(light, i * 50) ? 1 : 0)).join('');
  const all = (['off', 'starting', 'no-link', 'linked', 'identify', 'setup'] as const).map(rhythm);
  expect(new Set(all).size).toBe(6);
});
