/**
 * What board and meter say of one load's contact: is the board there, what does it report, did a person press its
 * button, and is the contact welded (draws although off) or stuck (does not draw although on).
 */
import type { CommandSettings } from '../core/command-settings.ts';
import type { LoadSettings } from '../core/settings.ts';
import type { Signal } from '../core/signal.ts';
import { type ContactMemory, checkContact, UNKNOWN_CONTACT } from './contact-check.ts';
import type { BoardSight } from './sources.ts';

export interface LoadSwitch {
  readonly online: boolean;
  readonly reportedOn: boolean | null;
  readonly switches: number | null;
  readonly contact: ContactMemory['contact'];
  /** A person's press at the board, while it holds. */
  readonly button: { readonly on: boolean; readonly untilMonoMs: number } | null;
  readonly memory: ContactMemory;
}

interface SwitchInput {
  readonly board: BoardSight | undefined;
  readonly channel: number;
  readonly powerW: Signal;
  readonly load: LoadSettings;
  readonly commands: CommandSettings;
  readonly before: LoadSwitch | null;
}

/** Switched off by hand stays off so long; switched on by hand the board itself says how long. */
const BUTTON_OFF_MS = 3_600_000;

export function readSwitch(input: SwitchInput, nowMonoMs: number): LoadSwitch {
  const { board, channel, powerW, load, commands, before } = input;
  const presence = board?.presence() ?? 'unknown';
  const online = presence === 'present' || presence === 'suspect';
  const reported = board?.channel(channel)?.reported ?? null;
  const sight = {
    atMonoMs: nowMonoMs,
    reportedOn: reported?.on ?? null,
    powerW: powerW.quality === 'good' ? powerW.value : (board?.measuredW(channel) ?? null),
    nominalPowerW: load.nominalPowerW,
  };
  const memory = checkContact(before?.memory ?? UNKNOWN_CONTACT, sight, commands);
  return {
    online: online && reported !== null,
    reportedOn: reported?.on ?? null,
    switches: reported?.switches ?? null,
    contact: memory.contact,
    button: buttonOf(reported, before, nowMonoMs),
    memory,
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
