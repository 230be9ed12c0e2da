/**
 * Driver of one bought relay board (Tasmota, Shelly Gen2+, ESPHome), on top of its dialect.
 *
 * Such a board checks neither boot id nor sequence nor age of a command; what can be kept in spite of that is kept
 * here: commands go out at most once and never retained, an ON only to a board whose lease is certain and which is
 * still the same piece of hardware, renewals every 30 s. Only what is heard live counts; retained states are old
 * news. A message that lies retained where commands go is found and reported: it switches at every reconnect.
 * Presence is the age of the last sign of life (45 s suspect, 90 s offline). [design/wire.md, off-the-shelf/README]
 */

import type { Dialect, Fact, Publication } from '../../catalogue/dialect.ts';
import { type CommandSettings, STANDARD_COMMANDS } from '../../core/command-settings.ts';
import {
  type BoardDriver,
  type BoardEvent,
  type BoardIdentity,
  driveTiming,
  type Presence,
} from '../board-driver.ts';
import type { ForeignBus, ForeignHeard, MonoClock } from '../ports.ts';
import { PresenceWatch } from '../presence-watch.ts';
import { type ChannelPlan, type Desired, type DriveTiming, RelayChannel } from '../relay-channel.ts';
import { BoughtChannel } from './bought-channel.ts';

export interface BoughtBoardOptions {
  /** Id under which the box knows the board. */
  readonly id: string;
  /** Its identity on the broker. */
  readonly device: string;
  readonly dialect: Dialect;
  /** Bought boards are safe when off. */
  readonly channels: readonly ChannelPlan[];
  /** Hardware that was accepted here, 12 hex digits; null takes whoever answers first. */
  readonly mac: string | null;
  readonly bus: ForeignBus;
  readonly clock: MonoClock;
  /** Longest pace of the cycle, site milliseconds: waits are never shorter than three of them. */
  readonly cycleMs: number;
  /** Times of orders and presence; the standard ones where none are given. */
  readonly commands?: CommandSettings;
  readonly onEvent: (event: BoardEvent) => void;
  /** 0..1 */
  readonly random: () => number;
}

const ASK_MS = 15_000;
/** A lease that is not confirmed so long after it was set is an alarm. */
const LEASE_CONFIRM_MS = 10_000;
const RESTART_SLACK_MS = 2_000;
/** Where a 32-bit millisecond counter begins anew, and how near to it a smaller value is no restart. */
const WRAP_MS = 2 ** 32;
const WRAP_NEAR_MS = 120_000;

interface Line {
  readonly relay: RelayChannel;
  readonly own: BoughtChannel;
  leaseSure: boolean;
}

export class BoughtBoard implements BoardDriver {
  readonly id: string;
  readonly #options: BoughtBoardOptions;
  readonly #lines: ReadonlyMap<number, Line>;
  readonly #watch: PresenceWatch;
  readonly #timing: DriveTiming;
  readonly #ghosts = new Set<string>();
  #identity: BoardIdentity | null = null;
  #mac: string | null;
  #foreign = false;
  #lastUptimeMs = 0;
  #greetedMonoMs = 0;
  #nextAskMonoMs = 0;
  #calls = 0;
  #saidLease = false;
  #closed = false;

  constructor(options: BoughtBoardOptions) {
    const { id, device, dialect, bus, channels, mac } = options;
    this.id = id;
    this.#options = options;
    this.#mac = mac;
    this.#lines = new Map(
      channels.map((plan) => [
        plan.channel,
        {
          relay: new RelayChannel(plan),
          own: new BoughtChannel(plan.channel, plan.leaseS),
          leaseSure: !dialect.confirmsLease,
        },
      ]),
    );
    const commands = options.commands ?? STANDARD_COMMANDS;
    this.#watch = new PresenceWatch(id, options.clock, commands, options.onEvent);
    this.#timing = driveTiming(commands, options.cycleMs, options.random);
    for (const filter of dialect.hears(device)) bus.subscribeForeign(filter, (heard) => this.#hear(heard));
    for (const filter of dialect.commands(device))
      bus.subscribeForeign(filter, (heard) => this.#ghost(heard));
    bus.onLink((up) => {
      if (up) this.#greet();
      else this.#forget();
    });
    if (bus.online) this.#greet();
  }

  order(channel: number, desired: Desired): void {
    const line = this.#lines.get(channel);
    if (!line || this.#closed) return;
    line.relay.want(desired);
    this.#drive(line);
  }

  tick(): void {
    if (this.#closed) return;
    const { clock, dialect, device, bus } = this.#options;
    const nowMonoMs = clock.monoMs();
    this.#watch.look();
    if (bus.online && nowMonoMs >= this.#nextAskMonoMs) {
      this.#nextAskMonoMs = nowMonoMs + ASK_MS;
      this.#say(dialect.ask(device));
    }
    this.#checkLeases(nowMonoMs);
    for (const [channel, line] of this.#lines) {
      if (line.relay.gaveUp(nowMonoMs, this.#timing)) this.#event('relay-unresponsive', 'alarm', { channel });
      this.#drive(line);
    }
  }

  presence(): Presence {
    return this.#watch.presence();
  }

  channel(channel: number): RelayChannel | undefined {
    return this.#lines.get(channel)?.relay;
  }

  identity(): BoardIdentity | null {
    return this.#identity;
  }

  measuredW(channel: number): number | null {
    return this.#lines.get(channel)?.own.measuredW ?? null;
  }

  identify(seconds: number): Promise<boolean> {
    const { dialect, device } = this.#options;
    const said = dialect.identify(device, seconds);
    return Promise.resolve(said.length > 0 && this.#say(said));
  }

  close(): void {
    this.#closed = true;
  }

  #greet(): void {
    if (this.#closed) return;
    const { dialect, device, clock } = this.#options;
    this.#forget();
    this.#greetedMonoMs = clock.monoMs();
    this.#say(dialect.greet(device, [...this.#lines.keys()]));
  }

  #forget(): void {
    for (const line of this.#lines.values()) {
      line.relay.forget();
      line.own.forget();
      line.leaseSure = !this.#options.dialect.confirmsLease;
    }
  }

  #hear({ path, text, retained }: ForeignHeard): void {
    if (this.#closed) return;
    const { dialect, device } = this.#options;
    for (const fact of dialect.read(device, path, text)) {
      // Who it is may be old news; what it does may not.
      if (fact.type === 'identity') this.#hearIdentity(fact);
      else if (!retained) this.#take(fact);
    }
  }

  #take(fact: Exclude<Fact, { type: 'identity' }>): void {
    const nowMonoMs = this.#options.clock.monoMs();
    switch (fact.type) {
      case 'presence':
        if (fact.online) this.#greet();
        return;
      case 'alive':
        this.#alive(fact.uptimeMs);
        return;
      case 'relay': {
        const line = this.#lines.get(fact.channel);
        if (!line || this.#foreign) return;
        const reported = line.own.report(fact.on, nowMonoMs);
        if (line.relay.hear(reported)) this.#event('relay-recovered', 'info', { channel: fact.channel });
        this.#drive(line);
        return;
      }
      case 'power': {
        const line = this.#lines.get(fact.channel);
        if (line) line.own.measuredW = fact.powerW;
        return;
      }
      case 'lease':
        this.#hearLease(fact.channel, fact.leaseS);
    }
  }

  #alive(uptimeMs: number | null): void {
    this.#watch.heard();
    if (uptimeMs === null) return;
    const wrapped = this.#lastUptimeMs > WRAP_MS - WRAP_NEAR_MS && uptimeMs < WRAP_NEAR_MS;
    const restarted = uptimeMs + RESTART_SLACK_MS < this.#lastUptimeMs && !wrapped;
    this.#lastUptimeMs = uptimeMs;
    if (!restarted) return;
    this.#event('board-restarted', 'warning', {});
    this.#greet();
  }

  #hearLease(channel: number, leaseS: number): void {
    const line = this.#lines.get(channel);
    if (!line) return;
    line.leaseSure = leaseS === line.relay.plan.leaseS;
    if (line.leaseSure) {
      this.#saidLease = false;
      this.#drive(line);
      return;
    }
    const { dialect, device } = this.#options;
    this.#say(dialect.setLease(device, channel, line.relay.plan.leaseS));
  }

  #checkLeases(nowMonoMs: number): void {
    if (this.#saidLease || this.presence() !== 'present') return;
    if (nowMonoMs - this.#greetedMonoMs < LEASE_CONFIRM_MS) return;
    const unsure = [...this.#lines].filter(([, { leaseSure }]) => !leaseSure).map(([channel]) => channel);
    if (unsure.length === 0) return;
    this.#saidLease = true;
    this.#event('board-lease-unset', 'alarm', { channels: unsure.join(', ') });
  }

  #hearIdentity({ mac, model, firmware }: Extract<Fact, { type: 'identity' }>): void {
    const known = this.#identity;
    this.#identity = {
      mac: mac || (known?.mac ?? ''),
      model: model || (known?.model ?? ''),
      firmware: firmware || (known?.firmware ?? ''),
    };
    if (!mac) return;
    this.#mac ??= mac;
    const foreign = mac !== this.#mac;
    if (foreign && !this.#foreign) {
      this.#event('board-identity-lost', 'alarm', { expected: this.#mac, found: mac });
      this.#forget();
    }
    this.#foreign = foreign;
  }

  #ghost({ path, text, retained }: ForeignHeard): void {
    if (!retained || text === '' || this.#ghosts.has(path)) return;
    this.#ghosts.add(path);
    this.#event('board-retained-command', 'alarm', { topic: path });
  }

  #drive({ relay, own, leaseSure }: Line): void {
    const { clock, bus, dialect, device } = this.#options;
    const { desired, plan } = relay;
    const nowMonoMs = clock.monoMs();
    if (!desired || !bus.online || this.#foreign || !relay.due(nowMonoMs)) return;
    if (desired.on && !leaseSure) return;
    this.#calls += 1;
    const { channel, leaseS } = plan;
    relay.sent(this.#calls, nowMonoMs, this.#timing);
    own.sent(desired.on, nowMonoMs);
    this.#say([dialect.command(device, { channel, on: desired.on, leaseS, call: this.#calls })]);
  }

  #say(publications: readonly Publication[]): boolean {
    let said = true;
    for (const { path, text } of publications) said = this.#options.bus.publishForeign(path, text) && said;
    return said;
  }

  #event(code: BoardEvent['code'], severity: BoardEvent['severity'], params: BoardEvent['params']): void {
    this.#options.onEvent({ code, severity, params: { board: this.id, ...params } });
  }
}
