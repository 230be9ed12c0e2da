import { describe, expect, test } from '@jest/globals';
import { PIN_MAPS } from '../../board/pin-map.ts';
import { LEAST_HEAP_BYTES, RESTART_AFTER_MS } from '../../firmware/application.ts';
import { topicOf } from '../../firmware/board-topics.ts';
import { StubBoard, StubSettings } from './stub-platform.ts';

const { relayGpios, coilEnableGpio } = PIN_MAPS.own;
const ENABLE = coilEnableGpio ?? 0;

function bootOf(board: StubBoard): string {
  return (board.connection.last('state') as { boot: string }).boot;
}

function send(board: StubBoard, fields: object): unknown {
  const message = {
    v: 1,
    board: board.id,
    boot: bootOf(board),
    channel: 1,
    on: true,
    leaseS: 90,
    expUptimeMs: board.nowMs + 5000,
    reason: 'test',
    ...fields,
  };
  board.connection.deliver(topicOf(board.id, 'command'), message);
  return board.connection.last('ack');
}

const noEffect = (board: StubBoard) => relayGpios.every((gpio) => board.level(gpio) === 0);

describe('at the start', () => {
  test('the coils lose their supply first, get it back last, and every relay pin is low before the radio starts', () => {
    const board = new StubBoard();
    const relayWrites = board.writes.filter(([gpio]) => relayGpios.some((g) => g === gpio));
    expect(board.writes[0]).toEqual([ENABLE, 0]);
    expect(board.writes.at(-1)).toEqual([ENABLE, 1]);
    expect(relayWrites.every(([, level]) => level === 0)).toBe(true);
    expect(new Set(relayWrites.map(([gpio]) => gpio)).size).toBe(4);
    expect(board.events).toEqual([]);
  });

  test('the bought board has no coil supply to switch: its relay pins are set low at once', () => {
    const board = new StubBoard({ kind: 'bought' });
    expect(board.writes.slice(0, 4)).toEqual(relayGpios.map((gpio) => [gpio, 0]));
  });

  test('a load that was on before the power cut stays off, whatever lies in flash', () => {
    const settings = new StubSettings();
    const before = StubBoard.linked({ settings });
    before.pass(61);
    expect(send(before, { seq: 1 })).toMatchObject({ result: 'done' });
    expect(before.level(relayGpios[0])).toBe(1);
    before.pass(5);
    const after = StubBoard.linked({ settings });
    after.pass(30);
    expect(noEffect(after)).toBe(true);
  });

  test('a channel that is safe on at an open contact is on at once, also after a power cut without network', () => {
    const settings = new StubSettings();
    const before = StubBoard.linked({ settings });
    const channel = {
      channel: 2,
      safeState: 'on',
      contact: 'no',
      minOnS: 60,
      minOffS: 60,
      interlock: 0,
      maxLeaseS: 120,
      maxSwitchesPerHour: 20,
      maxSwitchesPerDay: 60,
    };
    const config = { v: 1, board: before.id, channels: [channel], telemetryS: 15 };
    before.connection.deliver(topicOf(before.id, 'config'), config);
    const after = new StubBoard({ settings });
    expect(relayGpios.map((gpio) => after.level(gpio))).toEqual([0, 1, 0, 0]);
    const order = after.writes.map(([gpio, level]) => `${gpio}=${level}`);
    expect(order.indexOf(`${relayGpios[1]}=1`)).toBeLessThan(order.indexOf(`${ENABLE}=1`));
  });

  test('without a box it opens the set-up and waits for ever', () => {
    const board = new StubBoard();
    board.application.start();
    board.pass(3600);
    expect(board.setupOpen).toBe(true);
    expect(board.restarts).toBe(0);
  });
});

describe('commands', () => {
  test('switch a relay for the length of their lease and no longer', () => {
    const board = StubBoard.linked();
    board.pass(61);
    expect(send(board, { seq: 1 })).toMatchObject({ seq: 1, result: 'done' });
    board.pass(89);
    expect(board.level(relayGpios[0])).toBe(1);
    board.pass(1);
    expect(board.level(relayGpios[0])).toBe(0);
  });

  test.each([
    ['from before the restart', { boot: 'abcdef01' }, 'foreign-boot'],
    ['for another board', { board: 'esp12f-000000000000' }, 'foreign-board'],
    ['too late', { expUptimeMs: 1000 }, 'expired'],
    ['seen already', { seq: 0 }, 'old-seq'],
  ])('%s do nothing', (_, fields, why) => {
    const board = StubBoard.linked();
    board.pass(61);
    expect(send(board, { seq: 1, ...fields })).toMatchObject({ result: 'refused', why });
    expect(noEffect(board)).toBe(true);
  });

  test('a message that is no command, too long, or for another topic does nothing', () => {
    const board = StubBoard.linked();
    board.pass(61);
    for (const rubbish of ['{', 'x'.repeat(5000), '{"v":1}', '[]'])
      board.connection.deliver(topicOf(board.id, 'command'), rubbish);
    board.connection.deliver(topicOf('esp12f-000000000000', 'command'), { seq: 1 });
    expect(noEffect(board)).toBe(true);
    expect(send(board, { seq: 1 })).toMatchObject({ result: 'done' });
  });
});

describe('a lost link', () => {
  test('ends no lease early and prolongs none', () => {
    const board = StubBoard.linked();
    board.pass(61);
    send(board, { seq: 1 });
    board.connection.options.onClosed();
    board.pass(60);
    expect(board.level(relayGpios[0])).toBe(1);
    board.pass(30);
    expect(board.level(relayGpios[0])).toBe(0);
  });

  test('restarts the board after a quarter of an hour, but never while a load is on', () => {
    const board = StubBoard.linked();
    board.pass(61);
    board.connection.options.onClosed();
    board.application.address(false);
    board.press(1);
    expect(board.level(relayGpios[0])).toBe(1);
    board.pass(RESTART_AFTER_MS / 1000 + 60);
    expect(board.restarts).toBe(0);
    board.press(1);
    board.pass(1);
    expect(board.restarts).toBe(1);
    expect(board.level(ENABLE)).toBe(0);
  });

  test('short memory restarts it too, under the same condition', () => {
    const board = StubBoard.linked();
    board.pass(61);
    send(board, { seq: 1 });
    board.heapBytes = LEAST_HEAP_BYTES - 1;
    board.pass(30);
    expect(board.restarts).toBe(0);
    board.pass(70);
    expect(board.restarts).toBeGreaterThan(0);
  });

  test('an unknown free memory restarts nothing', () => {
    const board = StubBoard.linked();
    board.heapBytes = 0;
    board.pass(100);
    expect(board.restarts).toBe(0);
  });
});

describe('the claim', () => {
  test('an unclaimed board says hello with its factory code, without a will, and nothing else', () => {
    const settings = new StubSettings();
    const board = new StubBoard({ settings });
    board.application.configure({ ssid: 'home', password: '12345678', host: 'box', port: 1883 });
    board.application.address(true);
    board.connection.accept();
    board.pass(40);
    const { options, published, subscribed } = board.connection;
    expect(options.will).toBeNull();
    expect(options.password).toBe(settings.get('claim'));
    expect(published.map((p) => p.topic)).toEqual([topicOf(board.id, 'hello')]);
    expect(published[0]?.text).not.toContain(String(settings.get('claim')));
    expect(subscribed).not.toContain(topicOf(board.id, 'command'));
  });

  test('with its own secret it comes back at once, with a will, and speaks', () => {
    const board = new StubBoard();
    board.application.configure({ ssid: 'home', password: '12345678', host: 'box', port: 1883 });
    board.application.address(true);
    board.connection.accept();
    const first = board.connection;
    first.deliver(topicOf(board.id, 'credential'), { v: 1, board: board.id, secret: 'x'.repeat(43) });
    // Not yet: the message came by a call of this very connection.
    expect(first.closed).toBe(false);
    board.pass(1);
    expect(first.closed).toBe(true);
    board.pass(3);
    board.connection.accept();
    expect(board.connection.options).toMatchObject({
      password: 'x'.repeat(43),
      will: { topic: topicOf(board.id, 'availability'), message: 'offline', retain: true },
    });
    expect(board.connection.last('state')).toMatchObject({ board: board.id });
  });

  test('another board`s secret is not taken', () => {
    const board = StubBoard.linked();
    board.connection.deliver(topicOf(board.id, 'credential'), { v: 1, board: 'b', secret: 'y'.repeat(22) });
    expect(board.application.store.secret()).toBe('secret-of-this-board-1');
  });

  test('a new box means a new claim, with the same code on the label', () => {
    const board = StubBoard.linked();
    const code = board.settings.get('claim');
    board.application.configure({ ssid: 'other', password: '', host: 'box-2', port: 1883 });
    expect(board.application.store.secret()).toBeUndefined();
    expect(board.settings.get('claim')).toBe(code);
  });
});

describe('the button', () => {
  test('works without any network, ten seconds after the start', () => {
    const board = new StubBoard();
    board.application.start();
    board.press(3);
    expect(noEffect(board)).toBe(true);
    board.pass(61);
    board.press(3);
    expect(relayGpios.map((gpio) => board.level(gpio))).toEqual([0, 0, 1, 0]);
  });

  test('held for ten seconds it opens the set-up for ten minutes and keeps what is stored', () => {
    const board = StubBoard.linked();
    board.press(1, 10_500);
    expect(board.setupOpen).toBe(true);
    board.pass(601);
    expect(board.setupOpen).toBe(false);
    expect(board.application.store.secret()).toBe('secret-of-this-board-1');
    expect(board.events.at(-1)).toBe('join home');
  });
});
