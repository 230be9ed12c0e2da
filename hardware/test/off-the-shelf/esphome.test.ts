import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { PIN_MAPS } from '../../board/pin-map.ts';
import { LONGEST_LEASE_S } from '../../relay-board/state.ts';
import { EspHomeBoard, type EspHomeFile } from './esphome-actions.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../../off-the-shelf/esphome.yaml'), 'utf8');
const secret = { tag: '!secret', resolve: (name: string) => `secret ${name}` };
const read = (words: string) => parse(words, { customTags: [secret] });
const file: EspHomeFile & Record<string, Record<string, unknown>> = read(text);

const LEASE_S = 90;
const CHANNELS = [1, 2, 3, 4];

describe('the pins', () => {
  test('are those of the bought board, channel by channel', () => {
    const pins = CHANNELS.map((n) => file.switch.find((s) => s.id === `coil${n}`)?.pin);
    expect(pins).toEqual(PIN_MAPS.bought.relayGpios.map((gpio) => `GPIO${gpio}`));
    expect(file.status_led?.pin).toEqual({ number: `GPIO${PIN_MAPS.bought.statusLedGpio}`, inverted: true });
  });
  test('start low, and no channel is named twice', () => {
    for (const s of file.switch) if (s.platform === 'gpio') expect(s.restore_mode).toBe('ALWAYS_OFF');
    expect(new Set(file.switch.map((s) => s.id)).size).toBe(file.switch.length);
    expect(file.switch.flatMap((s) => s.name ?? [])).toEqual(CHANNELS.map((n) => `relay${n}`));
  });
});

describe.each(CHANNELS)('channel %d', (n) => {
  const on = (board: EspHomeBoard) => board.isOn(`coil${n}`);

  test('is off at the start and switches nothing but itself', () => {
    const board = new EspHomeBoard(file);
    expect(CHANNELS.filter((c) => board.isOn(`coil${c}`))).toEqual([]);
    board.command(`channel${n}`, true);
    expect(CHANNELS.filter((c) => board.isOn(`coil${c}`))).toEqual([n]);
  });

  test('goes off by itself 90 s after the last ON', () => {
    const board = new EspHomeBoard(file);
    board.command(`channel${n}`, true);
    board.pass(LEASE_S - 1);
    expect(on(board)).toBe(true);
    board.pass(1);
    expect(on(board)).toBe(false);
  });

  test('stays on while it is renewed every 30 s', () => {
    const board = new EspHomeBoard(file);
    for (let i = 0; i < 10; i += 1) {
      board.command(`channel${n}`, true);
      board.pass(30);
      expect(on(board)).toBe(true);
    }
    board.pass(LEASE_S - 31);
    expect(on(board)).toBe(true);
    board.pass(1);
    expect(on(board)).toBe(false);
  });

  test('an old lease does not end a later ON', () => {
    const board = new EspHomeBoard(file);
    board.command(`channel${n}`, true);
    board.pass(60);
    board.command(`channel${n}`, false);
    expect(on(board)).toBe(false);
    board.command(`channel${n}`, true);
    board.pass(LEASE_S - 1);
    expect(on(board)).toBe(true);
  });
});

test('a lease by the triggers of a gpio switch would not be renewed: the channels are template switches', () => {
  for (const n of CHANNELS)
    expect(file.switch.find((s) => s.id === `channel${n}`)?.platform).toBe('template');
  expect(text).not.toMatch(/on_turn_on/);
});

test('without mode restart a renewal would be lost', () => {
  const lazy = { ...file, script: file.script.map((s) => ({ ...s, mode: 'single' })) };
  const board = new EspHomeBoard(lazy);
  board.command('channel1', true);
  board.pass(60);
  board.command('channel1', true);
  board.pass(31);
  expect(board.isOn('coil1')).toBe(false);
  expect(file.script.map((s) => s.mode)).toEqual(CHANNELS.map(() => 'restart'));
});

test('the lease is no longer than what any board accepts', () => {
  expect(Number.parseInt(file.substitutions.lease ?? '', 10)).toBe(LEASE_S);
  expect(LEASE_S).toBeLessThanOrEqual(LONGEST_LEASE_S);
});

test('neither Wi-Fi nor broker restarts the board, and nothing comes back from flash', () => {
  expect(file.wifi?.reboot_timeout).toBe('0s');
  expect(file.mqtt?.reboot_timeout).toBe('0s');
  expect(file.api).toBeUndefined();
  expect(file.esp8266?.restore_from_flash).toBe(false);
});

test('no command and no state is retained, sessions are clean, and the last will says offline', () => {
  for (const s of file.switch.filter((x) => x.platform === 'template')) {
    expect(s).toMatchObject({ retain: false, command_retain: false, restore_mode: 'DISABLED' });
  }
  expect(file.mqtt).toMatchObject({
    clean_session: true,
    will_message: { payload: 'offline', retain: true },
  });
});

test('no secret stands in the file', () => {
  const lines = text.split('\n').filter((l) => /(password|ssid|secret):/.test(l));
  expect(lines.length).toBeGreaterThan(3);
  for (const l of lines) expect(l).toMatch(/!secret |\$\{board\}/);
});
