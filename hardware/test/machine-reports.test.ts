import { describe, expect, test } from '@jest/globals';
import { config, FREE, Rig, readyRig } from './board-rig.ts';

describe('reports', () => {
  test('hello, presence and state when the link comes up', () => {
    const rig = new Rig();
    rig.boot();
    const effects = rig.send({ type: 'link', up: true });
    expect(effects.flatMap((e) => (e.type === 'publish' ? [e.topic] : []))).toEqual([
      'hello',
      'availability',
      'state',
    ]);
  });

  test('its state every fifteen seconds and whenever a contact moves', () => {
    const rig = readyRig();
    const atMs: number[] = [];
    for (let i = 0; i < 45; i += 1) {
      rig.pass(1000);
      if (rig.published('state').length > 0) atMs.push(rig.state.uptimeMs);
    }
    expect(atMs.map((ms, i) => ms - (atMs[i - 1] ?? ms - 15_000))).toEqual([15_000, 15_000, 15_000]);
    rig.command({});
    expect(rig.published('state')).toHaveLength(1);
  });

  test('nothing while there is no link', () => {
    const rig = new Rig();
    rig.boot();
    const topics: string[] = [];
    for (let i = 0; i < 100; i += 1) {
      rig.pass(1000);
      topics.push(...rig.last.flatMap((e) => (e.type === 'publish' ? [e.topic] : [])));
    }
    expect(topics).toEqual([]);
  });

  test('how long a lease still runs', () => {
    const rig = readyRig();
    rig.command({ leaseS: 90 });
    rig.pass(15_000);
    expect(rig.published('state')).toMatchObject([
      { channels: [{ channel: 1, on: true, sinceMs: 15_000, leaseLeftS: 75 }, {}, {}, {}] },
    ]);
  });

  test('identify on the LED and never on a relay', () => {
    const rig = readyRig();
    const effects = rig.send({ type: 'identify', seconds: 5 });
    expect(effects).toEqual([{ type: 'led', pattern: 'identify' }]);
    rig.pass(5_000);
    expect(rig.last).toContainEqual({ type: 'led', pattern: 'linked' });
  });

  test('its switch counters to flash at most once an hour', () => {
    const rig = readyRig();
    let stores = 0;
    for (let i = 0; i < 2 * 3600; i += 1) {
      if (i % 60 === 0) rig.command({ on: i % 120 === 0 });
      rig.pass(1000);
      stores += rig.last.filter((e) => e.type === 'store').length;
    }
    expect(stores).toBe(2);
  });
});

describe('a configuration', () => {
  test('is kept once and not written again when it comes again unchanged', () => {
    const rig = readyRig();
    const message = config({ minOnS: 5 });
    expect(rig.send({ type: 'config', message })).toContainEqual({
      type: 'store',
      key: 'config',
      value: message,
    });
    expect(rig.send({ type: 'config', message })).toEqual([]);
  });

  test('for another board is not taken', () => {
    const rig = readyRig();
    const message = { ...config({ safeState: 'on' }), board: 'esp12f-000000000000' };
    expect(rig.send({ type: 'config', message })).toEqual([]);
  });

  test('with a new safe state moves a channel that has no lease', () => {
    const rig = readyRig();
    rig.send({ type: 'config', message: config({ ...FREE, safeState: 'on' }) });
    expect(rig.isOn(1)).toBe(true);
    expect(rig.channel(1).cause).toBe('config');
  });

  test('with a new interlock parts the channels it finds on together', () => {
    const rig = readyRig();
    rig.command({ channel: 1 });
    rig.command({ channel: 2 });
    rig.send({
      type: 'config',
      message: config({ ...FREE, interlock: 1 }, { ...FREE, interlock: 1 }, FREE, FREE),
    });
    expect([rig.isOn(1), rig.isOn(2)]).toEqual([true, false]);
    expect(rig.channel(2).cause).toBe('safe');
  });
});

describe('the millisecond counter', () => {
  test('may wrap after 49.7 days without ending or stretching a lease', () => {
    const rig = new Rig(2 ** 32 - 30_000);
    rig.boot({ config: config(FREE) });
    rig.pass(10_000);
    rig.command({ leaseS: 90 });
    // The platform's counter, not the rig's, is what wraps.
    rig.pass(89_000);
    expect(rig.nowMs).toBeGreaterThan(2 ** 32);
    expect(rig.isOn(1)).toBe(true);
    rig.pass(1_000);
    expect(rig.isOn(1)).toBe(false);
    expect(rig.state.uptimeMs).toBe(100_000);
  });

  test('feeds an uptime that passes 2^32 and still expires commands', () => {
    const rig = new Rig();
    rig.boot({ config: config(FREE) });
    for (let day = 0; day < 60; day += 1) {
      rig.nowMs = (rig.nowMs + 86_400_000) % 2 ** 32;
      rig.send({ type: 'tick', rssi: 0, heap: 0 });
    }
    expect(rig.state.uptimeMs).toBe(60 * 86_400_000);
    expect(rig.command({ expUptimeMs: 1000 })).toBe('expired');
    expect(rig.command({})).toBe('done');
  });

  test('that goes back neither stops nor jumps the clock', () => {
    const rig = readyRig();
    rig.command({ leaseS: 90 });
    rig.nowMs -= 5_000;
    rig.send({ type: 'tick', rssi: 0, heap: 0 });
    expect(rig.isOn(1)).toBe(true);
    rig.pass(90_000);
    expect(rig.isOn(1)).toBe(false);
  });
});
