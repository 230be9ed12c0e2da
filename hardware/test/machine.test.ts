import { describe, expect, test } from '@jest/globals';
import type { CommandMessage } from '../relay-board/messages.ts';
import { config, FREE, IDENTITY, Rig, readyRig } from './board-rig.ts';

describe('boot', () => {
  test('puts every relay into its safe state before anything else happens', () => {
    const rig = new Rig();
    const effects = rig.boot({
      config: config({}, { safeState: 'on', contact: 'nc' }, { contact: 'nc' }, { safeState: 'on' }),
    });
    expect(effects.slice(0, 4)).toEqual([
      { type: 'pin', channel: 1, level: 0 },
      { type: 'pin', channel: 2, level: 0 },
      { type: 'pin', channel: 3, level: 1 },
      { type: 'pin', channel: 4, level: 1 },
    ]);
    expect([1, 2, 3, 4].map((c) => rig.isOn(c))).toEqual([false, true, false, true]);
  });

  test('never brings back what was on before a power cut', () => {
    const rig = readyRig();
    rig.command({ channel: 1 });
    expect(rig.isOn(1)).toBe(true);
    rig.boot({ boot: 'b002', config: rig.state.config });
    rig.pass(60_000);
    expect(rig.isOn(1)).toBe(false);
    expect(rig.pins[1]).toBe(0);
  });

  test('leaves the outputs alone for ten seconds', () => {
    const rig = new Rig();
    rig.boot({ config: config(FREE, FREE, FREE, FREE) });
    rig.pass(9_999);
    expect(rig.command({})).toBe('boot-hold');
    rig.send({ type: 'button', channel: 1 });
    expect(rig.isOn(1)).toBe(false);
    rig.pass(1);
    expect(rig.command({})).toBe('done');
  });

  test('counts the unknown time before it as just switched', () => {
    const rig = new Rig();
    rig.boot({ config: config({ ...FREE, minOffS: 60 }) });
    rig.pass(59_000);
    expect(rig.command({})).toBe('min-off');
    rig.pass(1_000);
    expect(rig.command({})).toBe('done');
  });

  test('is the only thing an unpowered board answers', () => {
    const rig = new Rig();
    expect(rig.send({ type: 'link', up: true })).toEqual([]);
    expect(rig.send({ type: 'tick', rssi: 0, heap: 0 })).toEqual([]);
  });

  test('goes on counting switching operations where flash left off', () => {
    const rig = new Rig();
    rig.boot({ config: config(FREE), switches: [41, 0, 0, 0] });
    rig.pass(10_000);
    rig.command({});
    expect(rig.channel(1).switches).toBe(42);
  });
});

describe('a lease', () => {
  test('returns the channel to its safe state when it is not renewed', () => {
    const rig = readyRig();
    rig.command({ leaseS: 90 });
    rig.pass(89_999);
    expect(rig.isOn(1)).toBe(true);
    rig.pass(1);
    expect(rig.isOn(1)).toBe(false);
    expect(rig.channel(1).cause).toBe('lease-end');
  });

  test('goes on when renewed, without moving the contact', () => {
    const rig = readyRig();
    for (let i = 0; i < 10; i += 1) {
      rig.command({ leaseS: 90 });
      rig.pass(30_000);
    }
    expect(rig.isOn(1)).toBe(true);
    expect(rig.channel(1).switches).toBe(1);
  });

  test('ends on a dead link just the same', () => {
    const rig = readyRig();
    rig.command({ leaseS: 30 });
    rig.send({ type: 'link', up: false });
    rig.pass(30_000);
    expect(rig.isOn(1)).toBe(false);
  });

  test('covers OFF as well where the safe state is on', () => {
    const rig = readyRig({ safeState: 'on', contact: 'nc' });
    expect(rig.command({ on: false, leaseS: 60 })).toBe('done');
    expect(rig.pins[1]).toBe(1);
    rig.pass(60_000);
    expect(rig.isOn(1)).toBe(true);
    expect(rig.pins[1]).toBe(0);
  });

  test('beats a minimum on-time at its end', () => {
    const rig = readyRig({ minOnS: 600 });
    rig.command({ leaseS: 20 });
    rig.pass(20_000);
    expect(rig.isOn(1)).toBe(false);
  });

  test('waits for the minimum off-time where its end energises the load', () => {
    const rig = readyRig({ safeState: 'on', minOffS: 100 });
    rig.command({ on: false, leaseS: 60 });
    rig.pass(99_000);
    expect(rig.isOn(1)).toBe(false);
    rig.pass(1_000);
    expect(rig.isOn(1)).toBe(true);
    expect(rig.channel(1).cause).toBe('lease-end');
  });

  test('is not needed to go back to the safe state, and of no length takes nobody away from it', () => {
    const rig = readyRig();
    rig.command({});
    expect(rig.command({ on: false, leaseS: 0 })).toBe('done');
    expect(rig.isOn(1)).toBe(false);
    expect(rig.command({ on: true, leaseS: 0 })).toBe('expired');
    expect(rig.isOn(1)).toBe(false);
  });
});

describe('a command is refused', () => {
  const cases: [string, Partial<CommandMessage>, string][] = [
    ['for another board', { board: 'esp12f-000000000000' }, 'foreign-board'],
    ['for another boot', { boot: 'b000' }, 'foreign-boot'],
    ['with an old sequence', { seq: 0 }, 'old-seq'],
    ['past its time', { expUptimeMs: 9_999 }, 'expired'],
    ['for a channel that is not there', { channel: 5 }, 'bad-channel'],
    ['with a lease above the longest', { leaseS: 121 }, 'lease-too-long'],
  ];
  test.each(cases)('%s', (_, change, why) => {
    const rig = readyRig();
    const before = rig.state.channels;
    expect(rig.command(change)).toBe(why);
    expect(rig.state.channels).toEqual(before);
  });

  test('with a lease above the channel’s own longest', () => {
    const rig = readyRig({ maxLeaseS: 30 });
    expect(rig.command({ leaseS: 31 })).toBe('lease-too-long');
    expect(rig.command({ leaseS: 30 })).toBe('done');
  });

  test('as old when it comes twice, also after it was refused for something else', () => {
    const rig = readyRig({ minOffS: 20 });
    expect(rig.command({ seq: 7 })).toBe('min-off');
    rig.pass(10_000);
    expect(rig.command({ seq: 7 })).toBe('old-seq');
    expect(rig.command({ seq: 8 })).toBe('done');
  });

  test('while a minimum on-time runs, unless it protects', () => {
    const rig = readyRig({ minOnS: 60 });
    rig.command({});
    expect(rig.command({ on: false })).toBe('min-on');
    expect(rig.command({ on: false, leaseS: 0 })).toBe('min-on');
    expect(rig.command({ on: false, protective: true })).toBe('done');
  });

  test('while a minimum off-time runs, even if it protects', () => {
    const rig = readyRig({ minOffS: 60 });
    rig.pass(60_000);
    rig.command({});
    rig.command({ on: false });
    rig.pass(59_000);
    expect(rig.command({ protective: true })).toBe('min-off');
    rig.pass(1_000);
    expect(rig.command({})).toBe('done');
  });

  test('while a channel of the same interlock group is on', () => {
    const rig = readyRig({ interlock: 1 }, { interlock: 1 }, { interlock: 2 });
    rig.command({ channel: 1 });
    expect(rig.command({ channel: 2, protective: true })).toBe('interlock');
    expect(rig.command({ channel: 3 })).toBe('done');
    rig.command({ channel: 1, on: false });
    expect(rig.command({ channel: 2 })).toBe('done');
  });

  test('once the hour’s switching budget is used, leaving room for the way back', () => {
    const rig = readyRig({ maxSwitchesPerHour: 6 });
    for (let i = 0; i < 3; i += 1) {
      expect(rig.command({})).toBe('done');
      rig.pass(1_000);
      expect(rig.command({ on: false })).toBe('done');
      rig.pass(1_000);
    }
    expect(rig.command({})).toBe('budget');
    rig.pass(3_600_000);
    expect(rig.command({})).toBe('done');
  });

  test('once the day’s switching budget is used', () => {
    const rig = readyRig({ maxSwitchesPerDay: 2 });
    rig.command({});
    rig.command({ on: false });
    rig.pass(80_000_000);
    expect(rig.command({})).toBe('budget');
    rig.pass(6_400_000);
    expect(rig.command({})).toBe('done');
  });
});

describe('the button', () => {
  test('works without any network and holds for an hour', () => {
    const rig = new Rig();
    rig.boot({ config: config(FREE) });
    rig.pass(10_000);
    rig.send({ type: 'button', channel: 1 });
    expect(rig.isOn(1)).toBe(true);
    rig.pass(3_599_000);
    expect(rig.isOn(1)).toBe(true);
    rig.pass(1_000);
    expect(rig.isOn(1)).toBe(false);
  });

  test('is stronger than the box, but not than protection', () => {
    const rig = readyRig();
    rig.send({ type: 'button', channel: 1 });
    expect(rig.channel(1).cause).toBe('button');
    expect(rig.command({ on: false })).toBe('button');
    expect(rig.command({ on: true })).toBe('button');
    expect(rig.command({ on: false, protective: true })).toBe('done');
    expect(rig.command({ on: true })).toBe('done');
  });

  test('switches off at once although the minimum on-time runs', () => {
    const rig = readyRig({ minOnS: 600 });
    rig.command({});
    rig.send({ type: 'button', channel: 1 });
    expect(rig.isOn(1)).toBe(false);
  });

  test('that sticks cannot chatter the contact', () => {
    const rig = readyRig({ minOffS: 60 });
    rig.pass(60_000);
    for (let i = 0; i < 600; i += 1) {
      rig.nowMs += 100;
      rig.send({ type: 'button', channel: 1 });
    }
    expect(rig.channel(1).switches).toBeLessThanOrEqual(3);
  });

  test('is told to the box', () => {
    const rig = readyRig();
    rig.send({ type: 'button', channel: 2 });
    expect(rig.published('button')).toEqual([{ v: 1, board: IDENTITY.board, boot: 'b001', channel: 2 }]);
    expect(rig.published('state')).toHaveLength(1);
  });
});
