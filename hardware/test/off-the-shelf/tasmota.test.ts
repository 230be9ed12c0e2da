import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { PIN_MAPS } from '../../board/pin-map.ts';
import { LONGEST_LEASE_S } from '../../relay-board/state.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../../off-the-shelf/tasmota.txt'), 'utf8');
const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** What the console does with a line: a backlog is a list of commands, each a word and the rest. */
function commands(): ReadonlyMap<string, string> {
  const all = lines.flatMap((line) =>
    line.startsWith('Backlog ') ? line.slice('Backlog '.length).split(/;\s*/) : [line],
  );
  const pairs = all.map((command): [string, string] => {
    const space = command.indexOf(' ');
    return [command.slice(0, space).toLowerCase(), command.slice(space + 1)];
  });
  const names = pairs.map(([name]) => name);
  if (new Set(names).size !== names.length) throw new RangeError('a command is given twice');
  return new Map(pairs);
}

const set = commands();

/** Order of the pins in a template since version 9. [tasmota/docs Templates.md] */
const TEMPLATE_GPIOS = [0, 1, 2, 3, 4, 5, 9, 10, 12, 13, 14, 15, 16, 17];
const RELAY_1 = 224;
const LINK_LED_INVERTED = 576;

test('the template puts relays 1 to 4 and the link light on the pins of the bought board', () => {
  const { GPIO }: { GPIO: number[] } = JSON.parse(set.get('template') ?? '{}');
  expect(GPIO).toHaveLength(TEMPLATE_GPIOS.length);
  const gpioOf = (what: number) => TEMPLATE_GPIOS[GPIO.indexOf(what)];
  expect([0, 1, 2, 3].map((i) => gpioOf(RELAY_1 + i))).toEqual([...PIN_MAPS.bought.relayGpios]);
  expect(gpioOf(LINK_LED_INVERTED)).toBe(PIN_MAPS.bought.statusLedGpio);
  expect(GPIO.filter((what) => what !== 0)).toHaveLength(5);
});

test.each([1, 2, 3, 4])('relay %d is leased for 90 s: above 111 the value is seconds plus 100', (n) => {
  const value = Number(set.get(`pulsetime${n}`));
  expect(value).toBeGreaterThanOrEqual(112);
  expect(value - 100).toBe(90);
  expect(value - 100).toBeLessThanOrEqual(LONGEST_LEASE_S);
});

test.each([
  ['off after power-on', 'poweronstate', '0'],
  ['no state saved in flash', 'setoption0', '0'],
  ['no factory reset by power cycles', 'setoption65', '1'],
  ['boot loop control as shipped', 'setoption36', '1'],
  ['no power state retained', 'powerretain', '0'],
  ['no button retained', 'buttonretain', '0'],
  ['no switch retained', 'switchretain', '0'],
  ['no reset by a long press', 'setoption1', '1'],
  ['no timers', 'timers', '0'],
  ['no rule 1', 'rule1', '0'],
  ['no rule 2', 'rule2', '0'],
  ['no rule 3', 'rule3', '0'],
])('%s: %s %s', (_, name, value) => {
  expect(set.get(name)).toBe(value);
});

test('the heartbeat comes at least twice before the box suspects the board', () => {
  expect(Number(set.get('teleperiod'))).toBeGreaterThanOrEqual(10);
  expect(2 * Number(set.get('teleperiod'))).toBeLessThan(45);
});

test('a backlog is no longer than the console takes, and secrets are left to the reader', () => {
  for (const line of lines) expect(line.split(';').length).toBeLessThanOrEqual(30);
  for (const name of ['mqttpassword', 'webpassword', 'mqtthost', 'topic'])
    expect(set.get(name)).toMatch(/^<.+>$/);
});
