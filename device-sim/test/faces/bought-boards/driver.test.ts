import { afterEach, describe, expect, test } from '@jest/globals';
import mqtt from 'mqtt';
import { until } from '../../../../edge/test/devices/modbus-server.ts';
import { benchOn, boughtBench, MACS } from './driven-board.ts';
import { openMosquitto } from './foreign-broker.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const ON = { on: true, protective: false, reason: 'loads: surplus' };
const OFF = { on: false, protective: false, reason: 'loads: no surplus' };
const isOn = (board: { relays: readonly { channel: number; on: boolean }[] }, channel: number) =>
  board.relays.find((relay) => relay.channel === channel)?.on ?? false;

describe.each(['tasmota', 'shelly', 'esphome'] as const)('a %s board over a real broker', (kind) => {
  test('is switched on and off, and its echo is heard', async () => {
    const { driver, board, events } = await boughtBench(kind, open);
    // An order to a board that is not there yet may be told as unheard, and rightly.
    await until('the board', () => driver.presence() === 'present');
    driver.order(2, ON);
    await until('the relay on', () => isOn(board, 2));
    await until('the echo', () => driver.channel(2)?.reported?.on === true);
    expect(isOn(board, 1)).toBe(false);
    expect(driver.channel(2)?.reported).toMatchObject({ cause: expect.stringMatching(/command|boot/) });
    driver.order(2, OFF);
    await until('the relay off', () => !isOn(board, 2));
    await until('the echo', () => driver.channel(2)?.reported?.on === false);
    expect(events).toEqual([]);
  });

  test('holds a relay on over three leases by renewing, without moving it', async () => {
    const { driver, board, clock } = await boughtBench(kind, open);
    driver.order(1, ON);
    await until('the echo', () => driver.channel(1)?.reported?.on === true);
    const onSinceMs = clock.monoMs();
    const switches = driver.channel(1)?.reported?.switches;
    await until('three leases', () => clock.monoMs() - onSinceMs > 270_000);
    expect(isOn(board, 1)).toBe(true);
    expect(driver.channel(1)?.reported?.switches).toBe(switches);
  });

  test('falls off by itself when the box is gone', async () => {
    const { driver, board, bus, clock } = await boughtBench(kind, open);
    driver.order(1, ON);
    await until('the relay on', () => isOn(board, 1));
    const onSinceMs = clock.monoMs();
    await bus.end();
    await until('the lease to end', () => !isOn(board, 1));
    expect(clock.monoMs() - onSinceMs).toBeGreaterThan(60_000);
    expect(clock.monoMs() - onSinceMs).toBeLessThan(100_000);
  });

  test('comes back off from a power cut and is switched on anew', async () => {
    const { driver, board, contacts } = await boughtBench(kind, open);
    driver.order(1, ON);
    await until('the echo', () => driver.channel(1)?.reported?.on === true);
    board.setPower(false);
    expect(contacts.get(1)).toBe(false);
    board.setPower(true);
    await until('the relay on again', () => isOn(board, 1));
  });

  test('that is deaf is alarmed after three tries and found again when it hears', async () => {
    const { driver, board, events } = await boughtBench(kind, open);
    await until('a report', () => driver.channel(1)?.reported?.on === false);
    board.faults.deaf = true;
    driver.order(1, ON);
    await until('the alarm', () => events.some(({ code }) => code === 'relay-unresponsive'));
    expect(events.at(-1)).toMatchObject({ severity: 'alarm', params: { channel: 1 } });
    board.faults.deaf = false;
    await until('the recovery', () => events.some(({ code }) => code === 'relay-recovered'));
    expect(isOn(board, 1)).toBe(true);
  });

  test('that falls silent is suspect, then offline, and alarmed', async () => {
    const { driver, board, events } = await boughtBench(kind, open);
    await until('a sign of life', () => driver.presence() === 'present');
    board.setPower(false);
    await until('suspicion', () => driver.presence() === 'suspect');
    await until('offline', () => driver.presence() === 'offline');
    await until('the alarm', () => events.some(({ code }) => code === 'board-offline'));
    board.setPower(true);
    await until('its return', () => events.some(({ code }) => code === 'board-back'));
  });

  test('whose hardware was exchanged gets no order and is reported', async () => {
    const { driver, board, events, another, clock } = await boughtBench(kind, open);
    await until('a report', () => driver.channel(1)?.reported?.on === false);
    await board.close();
    const other = another('5ccf7fffffff');
    await until('the alarm', () => events.some(({ code }) => code === 'board-identity-lost'));
    expect(events.find(({ code }) => code === 'board-identity-lost')?.params).toMatchObject({
      expected: MACS[kind],
      found: '5ccf7fffffff',
    });
    driver.order(1, ON);
    const fromMs = clock.monoMs();
    await until('a minute', () => clock.monoMs() - fromMs > 60_000);
    expect(isOn(other, 1)).toBe(false);
  });

  test('switched at the board is not mistaken for an order of ours', async () => {
    const { driver, board } = await boughtBench(kind, open);
    await until('a report', () => driver.channel(1)?.reported?.on === false);
    const reported = () => driver.channel(1)?.reported;
    // Found anew between two reports, a board has moved nothing yet that the driver saw: it is pressed again.
    for (let n = 0; n < 10 && reported()?.cause !== 'button'; n += 1) {
      const before = reported()?.on;
      board.button(1);
      await until('a report of it', () => reported()?.on === !before);
    }
    expect(reported()).toMatchObject({ cause: 'button', on: isOn(board, 1) });
  });
});

describe('what only some boards do', () => {
  test('a Tasmota whose lease was never set gets it before its first ON', async () => {
    const { driver, board, id, bus } = await boughtBench('tasmota', open);
    await until('a report', () => driver.channel(1)?.reported?.on === false);
    bus.publishForeign(`cmnd/${id}/PulseTime1`, '0');
    board.setPower(false);
    board.setPower(true);
    driver.order(1, ON);
    await until('the relay on', () => isOn(board, 1));
    await bus.end();
    await until('the lease to end', () => !isOn(board, 1));
  });

  test('a Shelly tells what flows behind its relay', async () => {
    const { driver, loadW } = await boughtBench('shelly', open);
    loadW.set(1, 1987);
    driver.order(1, ON);
    await until('the power', () => driver.measuredW(1) === 1987);
  });

  test('a command that lies retained on a broker that allows it is found and reported', async () => {
    const url = await openMosquitto(open);
    const early = await mqtt.connectAsync(url, { clientId: 'somebody' });
    await early.publishAsync(`cmnd/tasmota-${MACS.tasmota}/POWER1`, 'ON', { qos: 1, retain: true });
    await early.endAsync();
    const { events } = await benchOn(url, 'tasmota', open);
    await until('the ghost', () => events.some(({ code }) => code === 'board-retained-command'));
    expect(events.find(({ code }) => code === 'board-retained-command')).toMatchObject({
      severity: 'alarm',
      params: { topic: `cmnd/tasmota-${MACS.tasmota}/POWER1` },
    });
  });
});
