/**
 * One relay board as a pure function: what happens to it goes in, what it does comes out. The firmware and the
 * simulator's twin run this very code; it knows no clock, no network and no pin.
 *
 * Every departure from a channel's safe state is a lease. When it is not renewed the channel goes back by itself,
 * so a dead box, broker or access point needs no detection: silence is enough. A boot puts every channel into its
 * safe state; nothing restores an ON from flash.
 *
 * `nowMs` is the platform's millisecond counter and may wrap at 2^32 (49.7 days); the uptime it feeds does not.
 */
import { coilLevel, configOf, isSafeOn, moved, refusalOf } from './contact.ts';
import type { AckMessage, Cause, CommandMessage, ConfigMessage, Refusal, StateMessage } from './messages.ts';
import {
  BOOT_HOLD_MS,
  type BoardEvent,
  type BoardState,
  BUTTON_LEASE_MS,
  type ChannelState,
  channelCount,
  defaultConfig,
  type Effect,
  type LedPattern,
  LONGEST_LEASE_S,
  MAX_EFFECTS,
  STORE_PERIOD_MS,
  type Step,
} from './state.ts';

/** The board after `event` at `nowMs`, and at most 8 effects to carry out in order. */
export function step(state: BoardState, event: BoardEvent, nowMs: number): Step {
  if (event.type === 'boot') return boot(state, event, nowMs);
  if (state.boot === '') return { state, effects: [] };
  const { state: next, answers } = handle(passTime(state, nowMs), event);
  return finish(state, settle(next), answers);
}

interface Handled {
  readonly state: BoardState;
  readonly answers: readonly Effect[];
}

function handle(state: BoardState, event: Exclude<BoardEvent, { type: 'boot' }>): Handled {
  switch (event.type) {
    case 'tick':
      return { state: { ...state, rssi: event.rssi, heap: event.heap }, answers: [] };
    case 'command':
      return command(state, event.message);
    case 'config':
      return configure(state, event.message);
    case 'button':
      return button(state, event.channel);
    case 'link':
      return link(state, event.up);
    case 'identify':
      return {
        state: { ...state, identifyUntilMs: state.uptimeMs + Math.max(0, event.seconds) * 1000 },
        answers: [],
      };
  }
}

function boot(state: BoardState, event: Extract<BoardEvent, { type: 'boot' }>, nowMs: number): Step {
  const config = event.storedConfig ?? defaultConfig(state.identity);
  const started: BoardState = {
    ...state,
    boot: event.boot,
    config,
    uptimeMs: 0,
    counterMs: nowMs >>> 0,
    seq: 0,
  };
  const channels: ChannelState[] = [];
  for (let channel = 1; channel <= channelCount(state.identity); channel += 1) {
    channels.push({
      channel,
      on: isSafeOn(configOf(started, channel)),
      cause: 'boot',
      changedAtMs: 0,
      lease: null,
      returning: null,
      switches: event.storedSwitches?.[channel - 1] ?? 0,
      recentMs: [],
    });
  }
  const next = partConflicts({
    ...started,
    channels,
    linkUp: false,
    led: 'starting',
    identifyUntilMs: 0,
    lastStateAtMs: 0,
    lastStoreAtMs: 0,
    switchesUnstored: false,
  });
  const effects: Effect[] = next.channels.map((c) => pin(next, c));
  effects.push({ type: 'led', pattern: next.led });
  return { state: next, effects };
}

/** The counter wraps at 2^32. A counter that went back counts as no time, but never stops the clock for good. */
function passTime(state: BoardState, nowMs: number): BoardState {
  const counterMs = nowMs >>> 0;
  const elapsedMs = (counterMs - state.counterMs) >>> 0;
  const forwardMs = elapsedMs < 2 ** 31 ? elapsedMs : 0;
  return { ...state, counterMs, uptimeMs: state.uptimeMs + forwardMs };
}

/**
 * Leases that are over end, and channels on their way back go as soon as their contact may move. It comes after the
 * event: a renewal that arrives with the end of the lease keeps the contact where it is instead of clicking it twice.
 */
function settle(state: BoardState): BoardState {
  let next = state;
  for (const { channel } of state.channels) {
    let current = channelOf(next, channel);
    if (!current) continue;
    if (current.lease && next.uptimeMs >= current.lease.endsAtMs) {
      current = { ...current, lease: null, returning: 'lease-end' };
    }
    if (current.returning) current = tryReturn(next, current, current.returning);
    next = withChannel(next, current);
  }
  return next;
}

/** Back to the safe state, at once or, where a minimum off-time or an interlock forbids it, as soon as they allow. */
function tryReturn(state: BoardState, channel: ChannelState, cause: Cause): ChannelState {
  const on = isSafeOn(configOf(state, channel.channel));
  if (channel.on === on) return { ...channel, lease: null, returning: null };
  if (refusalOf(state, channel, { on, urgent: true })) return { ...channel, lease: null, returning: cause };
  return { ...moved(state, channel, on, cause), lease: null, returning: null };
}

function command(state: BoardState, message: CommandMessage): Handled {
  const stale = staleness(state, message);
  if (stale) return { state, answers: [ack(state, message, stale)] };
  const taken: BoardState = { ...state, seq: message.seq };
  const result = obey(taken, message);
  if (typeof result === 'string') return { state: taken, answers: [ack(taken, message, result)] };
  return { state: withChannel(taken, result), answers: [ack(taken, message)] };
}

/** Commands that are not for now and here change nothing at all. */
function staleness(state: BoardState, message: CommandMessage): Refusal | undefined {
  if (message.board !== state.identity.board) return 'foreign-board';
  if (message.boot !== state.boot) return 'foreign-boot';
  if (message.seq <= state.seq) return 'old-seq';
  if (state.uptimeMs > message.expUptimeMs) return 'expired';
  return undefined;
}

function obey(state: BoardState, message: CommandMessage): ChannelState | Refusal {
  const channel = channelOf(state, message.channel);
  if (!channel) return 'bad-channel';
  const config = configOf(state, message.channel);
  if (message.leaseS > Math.min(config.maxLeaseS, LONGEST_LEASE_S)) return 'lease-too-long';
  if (state.uptimeMs < BOOT_HOLD_MS) return 'boot-hold';
  const home = message.on === isSafeOn(config);
  // A departure for no time at all would only click the contact.
  if (!home && message.leaseS === 0) return 'expired';
  const urgent = !message.on && message.protective === true;
  if (channel.lease?.by === 'button' && !urgent) return 'button';
  const refusal = refusalOf(state, channel, { on: message.on, urgent });
  if (refusal) return refusal;
  const there = channel.on === message.on ? channel : moved(state, channel, message.on, 'command');
  if (home) return { ...there, lease: null, returning: null };
  const lease = { endsAtMs: state.uptimeMs + message.leaseS * 1000, by: 'command' as const };
  return { ...there, lease, returning: null };
}

function button(state: BoardState, number: number): Handled {
  const channel = channelOf(state, number);
  if (!channel || state.uptimeMs < BOOT_HOLD_MS) return { state, answers: [] };
  const { board } = state.identity;
  const pressed: Effect = {
    type: 'publish',
    topic: 'button',
    message: { v: 1, board, boot: state.boot, channel: number },
  };
  const answers = state.linkUp ? [pressed] : [];
  const on = !channel.on;
  // Switching off by hand is always obeyed; a stuck button still meets the minimum off-time and the budget.
  if (refusalOf(state, channel, { on, urgent: false }) && (on || !canSwitchOff(state, channel))) {
    return { state, answers };
  }
  const departs = on !== isSafeOn(configOf(state, number));
  const lease = departs ? { endsAtMs: state.uptimeMs + BUTTON_LEASE_MS, by: 'button' as const } : null;
  return {
    state: withChannel(state, { ...moved(state, channel, on, 'button'), lease, returning: null }),
    answers,
  };
}

function canSwitchOff(state: BoardState, channel: ChannelState): boolean {
  return refusalOf(state, channel, { on: false, urgent: false }) === 'min-on';
}

function configure(state: BoardState, message: ConfigMessage): Handled {
  if (message.board !== state.identity.board) return { state, answers: [] };
  if (JSON.stringify(message) === JSON.stringify(state.config)) return { state, answers: [] };
  let next: BoardState = { ...state, config: message };
  for (const { channel } of state.channels) {
    const current = channelOf(next, channel);
    if (!current) continue;
    const atSafe = current.on === isSafeOn(configOf(next, channel));
    if (!current.lease && !atSafe) next = withChannel(next, tryReturn(next, current, 'config'));
    else if (current.lease && atSafe) next = withChannel(next, { ...current, lease: null });
  }
  return {
    state: partConflicts(next),
    answers: [{ type: 'store', key: 'config', value: message }],
  };
}

/** A new interlock, or one between two channels that are safe on, may find both on: the later one goes off. */
function partConflicts(state: BoardState): BoardState {
  let next = state;
  for (const { channel } of state.channels) {
    const current = channelOf(next, channel);
    const group = configOf(next, channel).interlock;
    if (!current?.on || group === 0) continue;
    const earlier = next.channels.some(
      (c) => c.channel < channel && c.on && configOf(next, c.channel).interlock === group,
    );
    if (!earlier) continue;
    const returning = isSafeOn(configOf(next, channel)) ? ('safe' as const) : null;
    next = withChannel(next, { ...moved(next, current, false, 'safe'), lease: null, returning });
  }
  return next;
}

function link(state: BoardState, up: boolean): Handled {
  const next = { ...state, linkUp: up };
  if (!up) return { state: next, answers: [] };
  const { board, model, firmware, mac, claim, pins } = state.identity;
  const channels = channelCount(state.identity);
  return {
    state: next,
    answers: [
      {
        type: 'publish',
        topic: 'hello',
        message: { v: 1, board, boot: state.boot, model, firmware, channels, pins: [...pins], mac, claim },
      },
      { type: 'publish', topic: 'availability', message: 'online' },
    ],
  };
}

/**
 * Turns the difference of two states into effects: pins first, then the answers, then what is reported and kept.
 * What finds no room among the eight waits for the next step.
 */
function finish(before: BoardState, after: BoardState, answers: readonly Effect[]): Step {
  const effects: Effect[] = [];
  for (const channel of after.channels) {
    const old = channelOf(before, channel.channel);
    if (!old) continue;
    const level = coilLevel(configOf(after, channel.channel), channel.on);
    if (level !== coilLevel(configOf(before, channel.channel), old.on)) effects.push(pin(after, channel));
  }
  effects.push(...answers);
  const switched = after.channels.some((c) => c.switches !== channelOf(before, c.channel)?.switches);
  let next = switched ? { ...after, switchesUnstored: true } : after;

  const linked = next.linkUp && !before.linkUp;
  const due = next.uptimeMs - next.lastStateAtMs >= next.config.telemetryS * 1000;
  if (next.linkUp && (switched || linked || due)) {
    effects.push({ type: 'publish', topic: 'state', message: stateMessage(next) });
    next = { ...next, lastStateAtMs: next.uptimeMs };
  }
  const storeDue = next.switchesUnstored && next.uptimeMs - next.lastStoreAtMs >= STORE_PERIOD_MS;
  if (storeDue && effects.length < MAX_EFFECTS) {
    effects.push({ type: 'store', key: 'switches', value: next.channels.map((c) => c.switches) });
    next = { ...next, switchesUnstored: false, lastStoreAtMs: next.uptimeMs };
  }
  const led = ledOf(next);
  if (led !== next.led && effects.length < MAX_EFFECTS) {
    effects.push({ type: 'led', pattern: led });
    next = { ...next, led };
  }
  return { state: next, effects };
}

/** What the board reports about itself. */
export function stateMessage(state: BoardState): StateMessage {
  return {
    v: 1,
    board: state.identity.board,
    boot: state.boot,
    uptimeMs: state.uptimeMs,
    seq: state.seq,
    channels: state.channels.map((c) => ({
      channel: c.channel,
      on: c.on,
      cause: c.cause,
      sinceMs: state.uptimeMs - c.changedAtMs,
      leaseLeftS: c.lease ? Math.max(0, (c.lease.endsAtMs - state.uptimeMs) / 1000) : 0,
      switches: c.switches,
    })),
    rssi: state.rssi,
    heap: state.heap,
  };
}

function ledOf(state: BoardState): LedPattern {
  if (state.uptimeMs < state.identifyUntilMs) return 'identify';
  if (state.linkUp) return 'linked';
  return state.uptimeMs < BOOT_HOLD_MS ? 'starting' : 'no-link';
}

function pin(state: BoardState, channel: ChannelState): Effect {
  const level = coilLevel(configOf(state, channel.channel), channel.on);
  return { type: 'pin', channel: channel.channel, level };
}

function ack(state: BoardState, message: CommandMessage, why?: Refusal): Effect {
  const base = { v: 1 as const, board: state.identity.board, boot: state.boot, seq: message.seq };
  const answer: AckMessage = why ? { ...base, result: 'refused', why } : { ...base, result: 'done' };
  return { type: 'publish', topic: 'ack', message: answer };
}

function channelOf(state: BoardState, channel: number): ChannelState | undefined {
  return state.channels.find((c) => c.channel === channel);
}

function withChannel(state: BoardState, channel: ChannelState): BoardState {
  return { ...state, channels: state.channels.map((c) => (c.channel === channel.channel ? channel : c)) };
}
