import { describe, expect, test } from '@jest/globals';
import { RelayChannel, type ReportedChannel } from '../../src/drive/relay-channel.ts';

const TIMING = { echoMs: 2_000, echoTries: 3, renewMs: 30_000, random: () => 0 };
const PLAN = { channel: 1, safeOn: false, leaseS: 90 };

const report = (on: boolean, more: Partial<ReportedChannel> = {}): ReportedChannel => ({
  channel: 1,
  on,
  cause: 'command',
  sinceMs: 0,
  leaseLeftS: on ? 90 : 0,
  switches: 1,
  ...more,
});
const ON = { on: true, protective: false, reason: 'test' };
const OFF = { on: false, protective: false, reason: 'test' };

function channelThatReports(on: boolean, more: Partial<ReportedChannel> = {}): RelayChannel {
  const channel = new RelayChannel(PLAN);
  channel.hear(report(on, more));
  return channel;
}

describe('a relay channel', () => {
  test('sends nothing before the board was heard', () => {
    const channel = new RelayChannel(PLAN);
    channel.want(ON);
    expect(channel.due(0)).toBe(false);
    channel.hear(report(false));
    expect(channel.due(0)).toBe(true);
  });

  test('sends nothing when the safe state is wanted and reported', () => {
    const channel = channelThatReports(false);
    channel.want(OFF);
    expect(channel.due(0)).toBe(false);
  });

  test('renews a lease after 30 s, up to a fifth earlier by jitter', () => {
    const channel = channelThatReports(true);
    channel.want(ON);
    expect(channel.due(0)).toBe(true);
    channel.sent(1, 0, TIMING);
    expect([channel.due(29_999), channel.due(30_000)]).toEqual([false, true]);
    channel.sent(2, 30_000, { ...TIMING, random: () => 1 });
    expect([channel.due(53_999), channel.due(54_000)]).toEqual([false, true]);
  });

  test('renews a short lease three times before it ends', () => {
    const channel = new RelayChannel({ ...PLAN, leaseS: 12 });
    channel.hear(report(true));
    channel.want(ON);
    channel.sent(1, 0, TIMING);
    expect([channel.due(3_999), channel.due(4_000)]).toEqual([false, true]);
  });

  test('tries three times two seconds apart, then raises one alarm and goes on every 10 s', () => {
    const channel = channelThatReports(false);
    channel.want(ON);
    const sent: number[] = [];
    const alarms: number[] = [];
    for (let nowMs = 0; nowMs <= 40_000; nowMs += 500) {
      if (channel.gaveUp(nowMs, TIMING)) alarms.push(nowMs);
      if (channel.due(nowMs)) {
        channel.sent(sent.length, nowMs, TIMING);
        sent.push(nowMs);
      }
    }
    expect(sent).toEqual([0, 2_000, 4_000, 6_000, 16_000, 26_000, 36_000]);
    expect(alarms).toEqual([6_000]);
    expect(channel.hear(report(true))).toBe(true);
    expect(channel.unresponsive).toBe(false);
  });

  test('an echo in time raises nothing', () => {
    const channel = channelThatReports(false);
    channel.want(ON);
    channel.sent(1, 0, TIMING);
    expect(channel.hear(report(true))).toBe(false);
    expect(channel.gaveUp(60_000, TIMING)).toBe(false);
  });

  test('a refusal is an answer: asked again in 5 s, never an alarm', () => {
    const channel = channelThatReports(false);
    channel.want(ON);
    for (let nowMs = 0; nowMs < 60_000; nowMs += 5_000) {
      expect(channel.due(nowMs)).toBe(true);
      channel.sent(nowMs, nowMs, TIMING);
      channel.acknowledge(
        { v: 1, board: 'b', boot: 'a1', seq: nowMs, result: 'refused', why: 'min-off' },
        nowMs,
      );
      expect(channel.refusal).toBe('min-off');
      expect(channel.due(nowMs + 4_999)).toBe(false);
      expect(channel.gaveUp(nowMs + 4_999, TIMING)).toBe(false);
    }
  });

  test('an answer to an older command counts for nothing', () => {
    const channel = channelThatReports(false);
    channel.want(ON);
    channel.sent(7, 0, TIMING);
    channel.acknowledge({ v: 1, board: 'b', boot: 'a1', seq: 6, result: 'refused', why: 'old-seq' }, 10);
    expect(channel.refusal).toBeNull();
  });

  test('a changed wish is sent at once, whatever was being waited for', () => {
    const channel = channelThatReports(true);
    channel.want(ON);
    channel.sent(1, 0, TIMING);
    channel.want(OFF);
    expect(channel.due(1)).toBe(true);
  });

  test('a wish that turns protective is sent again at once, and stays protective', () => {
    const channel = channelThatReports(true);
    channel.want(OFF);
    channel.sent(1, 0, TIMING);
    channel.want({ ...OFF, protective: true });
    expect(channel.due(1)).toBe(true);
    channel.want(OFF);
    expect(channel.desired?.protective).toBe(true);
    channel.want(ON);
    expect(channel.desired?.protective).toBe(false);
  });

  test('a relay that fell back by itself is asked for again at once', () => {
    const channel = channelThatReports(true);
    channel.want(ON);
    channel.sent(1, 0, TIMING);
    channel.hear(report(false, { cause: 'lease-end' }));
    expect(channel.due(1)).toBe(true);
  });

  test('what a person switched on by the button is left alone, but not against protection', () => {
    const channel = channelThatReports(true, { cause: 'button', leaseLeftS: 3600 });
    channel.want(OFF);
    expect(channel.due(0)).toBe(false);
    channel.want({ ...OFF, protective: true });
    expect(channel.due(0)).toBe(true);
  });

  test('what a person switched off by the button is not switched on before the next decisions knew of it', () => {
    const channel = channelThatReports(true);
    channel.want(ON);
    channel.sent(1, 0, TIMING);
    channel.hear(report(false, { cause: 'button' }));
    expect(channel.due(1)).toBe(false);
    channel.want(ON);
    expect(channel.due(2)).toBe(false);
    channel.want(ON);
    expect(channel.due(3)).toBe(true);
  });

  test('a load whose safe state is on needs its lease while it is off', () => {
    const channel = new RelayChannel({ ...PLAN, safeOn: true });
    channel.hear(report(false));
    channel.want(OFF);
    expect([channel.departs(false), channel.departs(true), channel.due(0)]).toEqual([true, false, true]);
  });
});
