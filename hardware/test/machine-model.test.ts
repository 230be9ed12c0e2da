/**
 * Any sequence of events against an oracle that knows only the promises, not the code: it watches contacts and
 * messages and keeps its own books.
 */
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ChannelConfig } from '../relay-board/messages.ts';
import { config, IDENTITY, Rig } from './board-rig.ts';

const channelConfig: fc.Arbitrary<Partial<ChannelConfig>> = fc.record({
  safeState: fc.constantFrom('off', 'on'),
  contact: fc.constantFrom('no', 'nc'),
  minOnS: fc.constantFrom(0, 5, 60),
  minOffS: fc.constantFrom(0, 5, 60),
  interlock: fc.constantFrom(0, 0, 1),
  maxLeaseS: fc.constantFrom(30, 120),
  maxSwitchesPerHour: fc.constantFrom(0, 4, 20),
  maxSwitchesPerDay: fc.constantFrom(0, 10, 60),
});

const action = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('command' as const),
      channel: fc.integer({ min: 1, max: 5 }),
      on: fc.boolean(),
      leaseS: fc.constantFrom(0, 10, 30, 90, 120, 121),
      protective: fc.boolean(),
      seqStep: fc.constantFrom(-1, 0, 1, 1, 1, 5),
      expInMs: fc.constantFrom(-1, 0, 5000),
      foreign: fc.constantFrom('no', 'no', 'no', 'no', 'board', 'boot'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('button' as const), channel: fc.integer({ min: 0, max: 5 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('link' as const), up: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('boot' as const), boot: fc.constantFrom('a1', 'b2', 'c3') }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('identify' as const), seconds: fc.integer({ min: 1, max: 9 }) }),
  },
);

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

interface Book {
  on: boolean;
  switchedAtMs: number;
  /** Latest instant the channel may still be away from its safe state. */
  awayUntilMs: number;
  timesMs: number[];
}

function run(rig: Rig, act: Action): string {
  switch (act.do) {
    case 'pass':
      rig.pass(act.ms);
      return '';
    case 'command':
      return rig.command({
        channel: act.channel,
        on: act.on,
        leaseS: act.leaseS,
        protective: act.protective,
        seq: Math.max(0, rig.state.seq + act.seqStep),
        expUptimeMs: Math.max(0, rig.state.uptimeMs + act.expInMs),
        ...(act.foreign === 'board' ? { board: 'other' } : {}),
        ...(act.foreign === 'boot' ? { boot: 'ffff' } : {}),
      });
    case 'button':
      rig.send({ type: 'button', channel: act.channel });
      return '';
    case 'link':
      rig.send({ type: 'link', up: act.up });
      return '';
    case 'boot':
      rig.boot({ boot: act.boot, config: rig.state.config });
      return '';
    case 'identify':
      rig.send({ type: 'identify', seconds: act.seconds });
      return '';
  }
}

/** Splits long waits so that the oracle looks after every tick. */
function small(acts: readonly Action[]): Action[] {
  return acts.flatMap((act): Action[] => {
    if (act.do !== 'pass') return [act];
    const whole = Math.floor(act.ms / 1000);
    return [...Array(whole).fill({ do: 'pass', ms: 1000 }), { do: 'pass', ms: (act.ms % 1000) + 1 }];
  });
}

test('no sequence of events breaks a lease, a minimum off-time, an interlock, a budget or the effect limit', () => {
  fc.assert(
    fc.property(
      fc.array(channelConfig, { minLength: 4, maxLength: 4 }),
      fc.array(action, { minLength: 20, maxLength: 80 }),
      (channels, acts) => {
        const rig = new Rig(2 ** 32 - 60_000);
        const settings = config(...channels);
        rig.boot({ config: settings });
        let books = settings.channels.map((c) => bookAtBoot(rig, c));
        for (const act of small(acts)) {
          const seqBefore = rig.state.seq;
          const answer = run(rig, act);
          const now = rig.state.uptimeMs;
          expect(rig.last.length).toBeLessThanOrEqual(8);
          if (act.do === 'boot') books = settings.channels.map((c) => bookAtBoot(rig, c));
          else expect(rig.state.seq).toBeGreaterThanOrEqual(seqBefore);
          for (const [i, book] of books.entries()) {
            const channel = settings.channels[i];
            if (!channel) continue;
            if (act.do === 'command' && answer === 'done' && act.channel === i + 1) {
              book.awayUntilMs = now + act.leaseS * 1000;
            }
            if (act.do === 'button' && act.channel === i + 1)
              book.awayUntilMs = Math.max(book.awayUntilMs, now + 3_600_000);
            check(rig, book, channel, now);
          }
          const grouped = settings.channels.filter((c) => c.interlock === 1 && rig.isOn(c.channel));
          expect(grouped.length).toBeLessThanOrEqual(1);
        }
      },
    ),
    { numRuns: 150 },
  );
});

function bookAtBoot(rig: Rig, channel: ChannelConfig): Book {
  return { on: rig.isOn(channel.channel), switchedAtMs: 0, awayUntilMs: 0, timesMs: [] };
}

function check(rig: Rig, book: Book, channel: ChannelConfig, nowMs: number): void {
  const on = rig.isOn(channel.channel);
  expect(rig.pins[channel.channel]).toBe(on === (channel.contact === 'no') ? 1 : 0);
  const safeOn = channel.safeState === 'on';
  if (on !== book.on) {
    expect(nowMs).toBeGreaterThanOrEqual(10_000);
    if (on) expect(nowMs - book.switchedAtMs).toBeGreaterThanOrEqual(channel.minOffS * 1000);
    book.timesMs.push(nowMs);
    book.on = on;
    book.switchedAtMs = nowMs;
    const hour = book.timesMs.filter((t) => nowMs - t < 3_600_000).length;
    // Going back, protection and a hand at the button may exceed a budget by what is already spent; departing may not.
    if (on && !safeOn && channel.maxSwitchesPerHour > 0) {
      expect(hour).toBeLessThanOrEqual(channel.maxSwitchesPerHour);
    }
  }
  if (on !== safeOn && on) expect(nowMs).toBeLessThan(book.awayUntilMs + 1000);
}

test('the same events give the same states and effects', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 40 }), (acts) => {
      const once = new Rig();
      const twice = new Rig();
      for (const rig of [once, twice]) {
        rig.boot({ config: config({}, {}, {}, {}) });
        for (const act of acts) run(rig, act);
      }
      expect(twice.state).toEqual(once.state);
      expect(once.state.identity).toEqual(IDENTITY);
    }),
    { numRuns: 30 },
  );
});
