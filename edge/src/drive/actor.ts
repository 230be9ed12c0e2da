/**
 * From a decision to the devices. What protects is sent at once; everything else waits until the state that says
 * so is on the disk, so that a restart never finds a relay its memory knows nothing of. A disk that hangs may hold
 * this up for a moment, never for long: control comes before memory.
 */

import type { StorageOrder } from '../catalogue/storage-order.ts';
import type { BatteryCommand, Decision, LoadCommand } from '../core/decision.ts';
import type { Settings } from '../core/settings.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import type { Desired } from './relay-channel.ts';

/** Longest wait for the disk before acting all the same, real milliseconds. */
const LONGEST_COMMIT_MS = 2_000;

/** What takes orders, by the ids of the site settings. */
export interface Driven {
  readonly boards: ReadonlyMap<string, { order(channel: number, desired: Desired): void; tick(): void }>;
  readonly inverters: ReadonlyMap<
    string,
    { readonly source: { order(order: StorageOrder, reservePct: number | null): void; tick(): void } }
  >;
}

/** Settles when `work` does, however it does, or after `longestMs` of real time. */
export type SettledWithin = (work: Promise<unknown>, longestMs: number) => Promise<void>;

export class Actor {
  readonly #site: SiteSettings;
  readonly #devices: Driven;
  readonly #settledWithin: SettledWithin;
  #actedCycle = -1;

  constructor(site: SiteSettings, devices: Driven, settledWithin: SettledWithin) {
    this.#site = site;
    this.#devices = devices;
    this.#settledWithin = settledWithin;
  }

  /**
   * @param core the effective settings, for the reserve that the inverter itself keeps
   * @param committed settles when the decision's state is safe; null when there is nothing to wait for
   */
  async act(decision: Decision, core: Settings, committed: Promise<unknown> | null): Promise<void> {
    if (committed) {
      this.#send(decision, core, true);
      await this.#settledWithin(committed, LONGEST_COMMIT_MS);
    }
    // A later decision that had nothing to wait for has spoken already.
    if (decision.cycle <= this.#actedCycle) return;
    this.#actedCycle = decision.cycle;
    this.#send(decision, core, false);
  }

  /** Renewals and repeated tries, once per cycle. */
  tick(): void {
    for (const board of this.#devices.boards.values()) board.tick();
    for (const { source } of this.#devices.inverters.values()) source.tick();
  }

  #send(decision: Decision, core: Settings, urgentOnly: boolean): void {
    for (const [i, command] of decision.loads.entries()) {
      if (command.urgent || !urgentOnly) this.#load(i, command);
    }
    for (const [i, command] of decision.batteries.entries()) {
      const reservePct = core.batteries[i]?.reservePct ?? null;
      if (command.commanded && (command.urgent || !urgentOnly)) this.#battery(i, command, reservePct);
    }
  }

  #load(index: number, command: LoadCommand): void {
    const wiring = this.#site.loads[index];
    if (!wiring) return;
    const reason = `${command.reason.rule}: ${command.reason.code}`;
    this.#devices.boards
      .get(wiring.board)
      ?.order(wiring.channel, { on: command.on, protective: command.urgent, reason });
  }

  #battery(index: number, command: BatteryCommand, reservePct: number | null): void {
    const wiring = this.#site.batteries[index];
    const inverter = this.#devices.inverters.get(wiring?.inverter ?? '')?.source;
    inverter?.order(orderOf(command), reservePct);
  }
}

/** A set-point is a window of no width: charge, or discharge, with just this power. */
function orderOf({ mode, chargeLimitW, dischargeLimitW, setpointW }: BatteryCommand): StorageOrder {
  if (setpointW === null) return { mode, chargeLimitW, dischargeLimitW };
  return setpointW < 0
    ? { mode: 'charge-grid', chargeLimitW: -setpointW, dischargeLimitW: 0 }
    : { mode: 'discharge-grid', chargeLimitW: 0, dischargeLimitW: setpointW };
}
