/** What the board's own plain types say must be what the wire's schemas say, in both directions. */
import { expect, test } from '@jest/globals';
import type * as wire from '@wattward/broker/wire/board';
import type { CHANNEL_CAUSES, REFUSALS } from '@wattward/broker/wire/board';
import { parseMessage } from '@wattward/broker/wire/message';
import { BOARDS } from '@wattward/edge/catalogue/boards';
import { RATINGS, SWITCH_LIMITS } from '@wattward/hardware/board/ratings';
import type * as board from '@wattward/hardware/relay-board/messages';
import fc from 'fast-check';
import { controlSettings } from '../../../edge/src/settings/control-settings.ts';
import { BoardTwin, type Publication } from '../../src/faces/board-twin.ts';

const NAMES = {
  hello: 'boardHello',
  availability: 'boardAvailability',
  state: 'boardState',
  ack: 'boardAck',
  button: 'boardButton',
} as const;

/** Compiles only while the types fit. */
type Fits<A, B extends A> = B;
export type Contract = [
  Fits<wire.BoardHello, board.HelloMessage>,
  Fits<wire.BoardState, board.StateMessage>,
  Fits<wire.BoardAck, board.AckMessage>,
  Fits<board.CommandMessage, wire.BoardCommand>,
  Fits<board.ConfigMessage, wire.BoardConfig>,
  Fits<wire.BoardConfig, board.ConfigMessage>,
  Fits<board.Cause, (typeof CHANNEL_CAUSES)[number]>,
  Fits<(typeof CHANNEL_CAUSES)[number], board.Cause>,
  Fits<board.Refusal, (typeof REFUSALS)[number]>,
  Fits<(typeof REFUSALS)[number], board.Refusal>,
];

const BOARD = 'esp12f-5ccf7f010203';

function twinOf(said: Publication[]): { twin: BoardTwin; pass: (ms: number) => void } {
  let nowMs = 0;
  const twin = new BoardTwin({
    identity: {
      board: BOARD,
      model: 'esp12f-4ch',
      firmware: 'twin-0.1.0',
      mac: '5c:cf:7f:01:02:03',
      claim: '',
      pins: [16, 14, 12, 13],
    },
    monoMs: () => nowMs,
    bootId: 'cafe',
    flash: { config: null, switches: null },
    poweredForMs: 120_000,
    publish: (publication) => said.push(publication),
    onContact: () => {},
  });
  const pass = (ms: number) => {
    nowMs += ms;
    twin.tick();
  };
  return { twin, pass };
}

test('everything the board says is a message of the wire', () => {
  const said: Publication[] = [];
  const { twin, pass } = twinOf(said);
  twin.handle({ type: 'link', up: true });
  const command = { v: 1 as const, board: BOARD, boot: 'cafe', leaseS: 90, expUptimeMs: 1e9, reason: 'test' };
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 6 }),
      fc.boolean(),
      fc.nat(100),
      fc.integer({ min: 1, max: 30_000 }),
      (channel, on, seq, ms) => {
        twin.handle({ type: 'command', message: { ...command, channel, on, seq } });
        twin.handle({ type: 'button', channel });
        pass(ms);
      },
    ),
    { numRuns: 200 },
  );
  expect(new Set(said.map(({ topic }) => topic)).size).toBe(5);
  for (const { topic, message } of said) {
    const payload = typeof message === 'string' ? message : JSON.stringify(message);
    expect(parseMessage(NAMES[topic], payload)).toEqual({ ok: true, message });
  }
});

test('every command and configuration of the wire is understood by the board', () => {
  const said: Publication[] = [];
  const { twin, pass } = twinOf(said);
  twin.handle({ type: 'link', up: true });
  const config = parseMessage(
    'boardConfig',
    JSON.stringify({
      v: 1,
      board: BOARD,
      telemetryS: 15,
      channels: [
        {
          channel: 1,
          safeState: 'off',
          contact: 'no',
          minOnS: 0,
          minOffS: 0,
          interlock: 0,
          maxLeaseS: 120,
          maxSwitchesPerHour: 0,
          maxSwitchesPerDay: 0,
        },
      ],
    }),
  );
  if (!config.ok) throw new Error(config.problem);
  twin.handle({ type: 'config', message: config.message });
  const order = parseMessage(
    'boardCommand',
    JSON.stringify({
      v: 1,
      board: BOARD,
      boot: 'cafe',
      seq: 1,
      channel: 1,
      on: true,
      leaseS: 90,
      expUptimeMs: 200_000,
      reason: 'surplus',
      protective: true,
    }),
  );
  if (!order.ok) throw new Error(order.problem);
  twin.handle({ type: 'command', message: order.message });
  expect(twin.state.channels[0]?.on).toBe(true);
  pass(91_000);
  expect(twin.state.channels[0]?.on).toBe(false);
});

test('the box holds loads to the ratings of the boards, and contacts to their least times', () => {
  expect(Object.fromEntries(BOARDS.map(({ id, contactA }) => [id, contactA]))).toMatchObject({
    wattward: RATINGS.own.maxResistiveA,
    tasmota: RATINGS.bought.maxResistiveA,
    esphome: RATINGS.bought.maxResistiveA,
  });
  const { relayCare } = controlSettings.parse({});
  expect(relayCare).toEqual({
    interruptible: SWITCH_LIMITS.resistive,
    program: SWITCH_LIMITS.inductive,
    compressor: SWITCH_LIMITS.compressor,
    ev: SWITCH_LIMITS.inrush,
  });
});
