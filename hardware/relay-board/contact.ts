/**
 * When a contact may move. One question, asked by commands, buttons and lease ends alike, so that no fault
 * upstream can chatter a relay: minimum on and off times, interlocks and the switch budget are held here too.
 *
 * - Nothing breaks a minimum off-time or an interlock.
 * - A minimum on-time yields to protection, to a person's button and to the end of a lease.
 * - A departure from the safe state must leave room in the budget for the way back; the way back is never refused.
 */
import type { Cause, ChannelConfig, Refusal } from './messages.ts';
import { type BoardState, type ChannelState, defaultChannel, RECENT_SWITCHES } from './state.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface Move {
  readonly on: boolean;
  /** May break a minimum on-time. */
  readonly urgent: boolean;
}

/** Why `channel` may not move now; undefined when it may, or when it already stands there. */
export function refusalOf(state: BoardState, channel: ChannelState, move: Move): Refusal | undefined {
  if (move.on === channel.on) return undefined;
  const config = configOf(state, channel.channel);
  if (move.on && partnerIsOn(state, config)) return 'interlock';
  const standsForMs = state.uptimeMs - channel.changedAtMs;
  if (move.on && standsForMs < config.minOffS * 1000) return 'min-off';
  if (!move.on && !move.urgent && standsForMs < config.minOnS * 1000) return 'min-on';
  const departs = move.on !== isSafeOn(config);
  if (departs && !move.urgent && !budgetAllows(state, channel, config)) return 'budget';
  return undefined;
}

/** The channel after its contact moved to `on`. The caller has asked `refusalOf` first. */
export function moved(state: BoardState, channel: ChannelState, on: boolean, cause: Cause): ChannelState {
  const recentMs = channel.recentMs.filter((atMs) => state.uptimeMs - atMs < DAY_MS);
  if (recentMs.length === RECENT_SWITCHES) recentMs.shift();
  recentMs.push(state.uptimeMs);
  return { ...channel, on, cause, changedAtMs: state.uptimeMs, switches: channel.switches + 1, recentMs };
}

export function configOf(state: BoardState, channel: number): ChannelConfig {
  return state.config.channels.find((c) => c.channel === channel) ?? defaultChannel(channel);
}

export function isSafeOn(config: ChannelConfig): boolean {
  return config.safeState === 'on';
}

/** A normally open contact closes with its coil, a normally closed one opens with it. */
export function coilLevel(config: ChannelConfig, on: boolean): 0 | 1 {
  return on === (config.contact === 'no') ? 1 : 0;
}

function partnerIsOn(state: BoardState, config: ChannelConfig): boolean {
  if (config.interlock === 0) return false;
  return state.channels.some(
    (other) =>
      other.channel !== config.channel &&
      other.on &&
      configOf(state, other.channel).interlock === config.interlock,
  );
}

function budgetAllows(state: BoardState, channel: ChannelState, config: ChannelConfig): boolean {
  const within = (windowMs: number) =>
    channel.recentMs.filter((atMs) => state.uptimeMs - atMs < windowMs).length;
  const fits = (windowMs: number, limit: number) =>
    limit === 0 || within(windowMs) + 2 <= Math.min(limit, RECENT_SWITCHES);
  return fits(HOUR_MS, config.maxSwitchesPerHour) && fits(DAY_MS, config.maxSwitchesPerDay);
}
