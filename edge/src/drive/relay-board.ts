/**
 * Driver of one own relay board (ESP12F) on the home bus.
 *
 * Boot id and uptime come only from a live heartbeat, never from a retained message: after every connect the board
 * is silent to us until it spoke. Presence is the age of that heartbeat on the monotonic clock (45 s suspect, 90 s
 * offline); a last will is a hint and nothing more. Every command names board, boot, a rising sequence and the
 * board's own uptime after which it is void. [design/wire.md, home bus]
 */
import type { BoardAck, BoardConfig, BoardState } from '@wattward/broker/wire/board';
import type { Message } from '@wattward/broker/wire/message';
import { topic } from '@wattward/broker/wire/topics';
import { type CommandSettings, STANDARD_COMMANDS } from '../core/command-settings.ts';
import {
  type BoardDriver,
  type BoardEvent,
  type BoardIdentity,
  driveTiming,
  type Presence,
} from './board-driver.ts';
import type { HomeBus, MonoClock } from './ports.ts';
import { PresenceWatch } from './presence-watch.ts';
import { type ChannelPlan, type Desired, type DriveTiming, RelayChannel } from './relay-channel.ts';

export interface RelayBoardOptions {
  readonly config: BoardConfig;
  /** Id under which the box knows it, where that is not its own (a board that took the place of another). */
  readonly id?: string;
  /** Lease of each channel, seconds. */
  readonly leaseS: ReadonlyMap<number, number>;
  readonly bus: HomeBus;
  readonly clock: MonoClock;
  /** Longest pace of the cycle, site milliseconds: waits are never shorter than three of them. */
  readonly cycleMs: number;
  /** Times of orders and presence; the standard ones where none are given. */
  readonly commands?: CommandSettings;
  readonly onEvent: (event: BoardEvent) => void;
  /** 0..1 */
  readonly random: () => number;
}

const DEFAULT_LEASE_S = 90;

interface Heartbeat {
  readonly boot: string;
  readonly uptimeMs: number;
  readonly atMonoMs: number;
}

export class RelayBoard implements BoardDriver {
  readonly id: string;
  /** Its identity on the broker. */
  readonly #board: string;
  readonly #options: RelayBoardOptions;
  readonly #channels: readonly RelayChannel[];
  readonly #commands: CommandSettings;
  readonly #watch: PresenceWatch;
  readonly #timing: DriveTiming;
  #heartbeat: Heartbeat | null = null;
  #boot: string | null = null;
  #seq = 0;
  #saidGhost = false;
  readonly #saidWorn = new Set<number>();
  #closed = false;
  #identity: BoardIdentity | null = null;

  constructor(options: RelayBoardOptions) {
    this.#board = options.config.board;
    this.id = options.id ?? this.#board;
    this.#options = options;
    this.#channels = options.config.channels.map((c) => new RelayChannel(planOf(c, options.leaseS)));
    this.#commands = options.commands ?? STANDARD_COMMANDS;
    this.#watch = new PresenceWatch(this.id, options.clock, this.#commands, options.onEvent);
    this.#timing = driveTiming(this.#commands, options.cycleMs, options.random);
    const ids = { boardId: this.#board };
    options.bus.subscribe('boardState', ids, ({ message, retained }) => {
      if (!retained) this.#hearState(message);
    });
    options.bus.subscribe('boardHello', ids, ({ message: { mac, model, firmware } }) => {
      this.#identity = { mac: mac.replaceAll(':', ''), model, firmware };
    });
    options.bus.subscribe('boardCommand', ids, ({ retained }) => {
      if (retained) this.#ghost();
    });
    options.bus.subscribe('boardAck', ids, ({ message }) => this.#hearAck(message));
    options.bus.onLink((up) => this.#link(up));
    if (options.bus.online) this.#link(true);
  }

  order(channel: number, desired: Desired): void {
    const found = this.#channels.find((c) => c.plan.channel === channel);
    if (!found) return;
    found.want(desired);
    this.#drive(found);
  }

  tick(): void {
    this.#watch.look();
    for (const channel of this.#channels) {
      if (channel.gaveUp(this.#options.clock.monoMs(), this.#timing)) {
        this.#event('relay-unresponsive', 'alarm', { board: this.id, channel: channel.plan.channel });
      }
      this.#drive(channel);
    }
  }

  presence(): Presence {
    return this.#watch.presence();
  }

  channel(channel: number): RelayChannel | undefined {
    return this.#channels.find((c) => c.plan.channel === channel);
  }

  identity(): BoardIdentity | null {
    return this.#identity;
  }

  /** These boards do not measure. */
  measuredW(): null {
    return null;
  }

  close(): void {
    this.#closed = true;
  }

  identify(seconds: number): Promise<boolean> {
    return this.#options.bus.publish('boardIdentify', { boardId: this.#board }, { v: 1, seconds });
  }

  /** A new connection: what was heard before it may be old, so the next heartbeat is waited for. */
  #link(up: boolean): void {
    this.#heartbeat = null;
    for (const channel of this.#channels) channel.forget();
    if (up && !this.#closed)
      void this.#options.bus.publish('boardConfig', { boardId: this.#board }, this.#options.config);
  }

  #hearState(message: BoardState): void {
    if (this.#closed) return;
    const nowMonoMs = this.#options.clock.monoMs();
    this.#heartbeat = { boot: message.boot, uptimeMs: message.uptimeMs, atMonoMs: nowMonoMs };
    this.#watch.heard();
    if (this.#boot !== null && this.#boot !== message.boot) {
      this.#event('board-restarted', 'warning', { board: this.id, boot: message.boot });
      for (const channel of this.#channels) channel.forget();
    }
    // A new boot counts from its own zero; the same boot never goes back.
    this.#seq = this.#boot === message.boot ? Math.max(this.#seq, message.seq) : message.seq;
    this.#boot = message.boot;
    for (const reported of message.channels) {
      const channel = this.channel(reported.channel);
      if (!channel) continue;
      this.#checkLife(reported.channel, reported.switches);
      if (channel.hear(reported)) {
        this.#event('relay-recovered', 'info', { board: this.id, channel: reported.channel });
      }
      this.#drive(channel);
    }
  }

  /** The board keeps count over its whole life, also through power cuts. */
  #checkLife(channel: number, switches: number): void {
    if (switches < this.#commands.lifeSwitches || this.#saidWorn.has(channel)) return;
    this.#saidWorn.add(channel);
    this.#event('relay-worn', 'warning', { board: this.id, channel, switches });
  }

  #hearAck(ack: BoardAck): void {
    if (ack.boot !== this.#boot) return;
    const nowMonoMs = this.#options.clock.monoMs();
    for (const channel of this.#channels) channel.acknowledge(ack, nowMonoMs);
  }

  #drive(channel: RelayChannel): void {
    const { clock, bus } = this.#options;
    const nowMonoMs = clock.monoMs();
    const { desired } = channel;
    if (this.#closed || !this.#heartbeat || !bus.online || !desired || !channel.due(nowMonoMs)) return;
    this.#seq += 1;
    const command: Message<'boardCommand'> = {
      v: 1,
      board: this.#board,
      boot: this.#heartbeat.boot,
      seq: this.#seq,
      channel: channel.plan.channel,
      on: desired.on,
      leaseS: channel.departs(desired.on) ? channel.plan.leaseS : 0,
      expUptimeMs: this.#voidAfterMs(this.#heartbeat, nowMonoMs),
      reason: desired.reason.slice(0, 120),
    };
    if (desired.protective) command.protective = true;
    channel.sent(this.#seq, nowMonoMs, this.#timing);
    void bus.publish('boardCommand', { boardId: this.#board }, command);
  }

  /** The board's own uptime after which the command is void: 5 s, or three cycles of a home in fast time. */
  #voidAfterMs(heartbeat: Heartbeat, nowMonoMs: number): number {
    const validMs = Math.max(this.#commands.validMs, 3 * this.#options.cycleMs);
    return Math.round(heartbeat.uptimeMs + (nowMonoMs - heartbeat.atMonoMs) + validMs);
  }

  /** The board refuses it by boot and sequence; somebody still put it there. */
  #ghost(): void {
    if (this.#saidGhost) return;
    this.#saidGhost = true;
    const params = { board: this.id, topic: topic('boardCommand', { boardId: this.#board }) };
    this.#event('board-retained-command', 'alarm', params);
  }

  #event(code: BoardEvent['code'], severity: BoardEvent['severity'], params: BoardEvent['params']): void {
    this.#options.onEvent({ code, severity, params });
  }
}

function planOf(config: BoardConfig['channels'][number], leaseS: ReadonlyMap<number, number>): ChannelPlan {
  const wantedS = leaseS.get(config.channel) ?? DEFAULT_LEASE_S;
  return {
    channel: config.channel,
    safeOn: config.safeState === 'on',
    leaseS: Math.min(wantedS, config.maxLeaseS),
  };
}
