/**
 * What board and meter say of one load's contact: is the board there, what does it report, did a person press its
 * button, and is the contact welded (the load draws although its relay is off).
 */
import type { LoadSettings } from '../core/settings.ts';
import type { Signal } from '../core/signal.ts';
import type { RelayBoard } from '../devices/relay-board.ts';

export interface LoadSwitch {
  readonly online: boolean;
  readonly reportedOn: boolean | null;
  readonly contact: 'sound' | 'welded';
  /** A person's press at the board, while it holds. */
  readonly button: { readonly on: boolean; readonly untilMonoMs: number } | null;
  /** Since when the load draws although it is reported off; null when it does not. */
  readonly drawsSinceMonoMs: number | null;
}

interface SwitchInput {
  readonly board: RelayBoard | undefined;
  readonly channel: number;
  readonly powerW: Signal;
  readonly load: LoadSettings;
  readonly before: LoadSwitch | null;
}

/** A switched-off load may ring down so long before its contact counts as welded. */
const WELDED_MS = 10_000;
/** Switched off by hand stays off so long; switched on by hand the board itself says how long. */
const BUTTON_OFF_MS = 3_600_000;

export function readSwitch(input: SwitchInput, nowMonoMs: number): LoadSwitch {
  const { board, channel, powerW, load, before } = input;
  const presence = board?.presence() ?? 'unknown';
  const online = presence === 'present' || presence === 'suspect';
  const reported = board?.channel(channel)?.reported ?? null;
  const drawsWhileOff =
    reported?.on === false && powerW.quality === 'good' && powerW.value >= 0.5 * load.nominalPowerW;
  const drawsSinceMonoMs = drawsWhileOff ? (before?.drawsSinceMonoMs ?? nowMonoMs) : null;
  const welded = drawsSinceMonoMs !== null && nowMonoMs - drawsSinceMonoMs >= WELDED_MS;
  return {
    online: online && reported !== null,
    reportedOn: reported?.on ?? null,
    contact: welded ? 'welded' : 'sound',
    button: buttonOf(reported, before, nowMonoMs),
    drawsSinceMonoMs,
  };
}

function buttonOf(
  reported: {
    readonly on: boolean;
    readonly cause: string;
    readonly sinceMs: number;
    readonly leaseLeftS: number;
  } | null,
  before: LoadSwitch | null,
  nowMonoMs: number,
): LoadSwitch['button'] {
  if (reported?.cause !== 'button') return null;
  const known = before?.button?.on === reported.on ? before.button : null;
  if (known) return known.untilMonoMs > nowMonoMs ? known : null;
  const leftMs = reported.leaseLeftS > 0 ? reported.leaseLeftS * 1000 : BUTTON_OFF_MS - reported.sinceMs;
  return leftMs > 0 ? { on: reported.on, untilMonoMs: nowMonoMs + leftMs } : null;
}
