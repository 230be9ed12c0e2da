/**
 * A relay board and the box's driver for it, joined by a link that may lose, delay and repeat messages. The board is
 * the real state machine; the driver obeys the wire's rules: boot and uptime from a live heartbeat only, rising
 * sequence, a lease for every departure from the safe state, renewed in time.
 */
import { STANDARD_COMMANDS } from '@wattward/edge/core/command-settings';
import { step } from '@wattward/hardware/relay-board/machine';
import type { CommandMessage, ConfigMessage, StateMessage } from '@wattward/hardware/relay-board/messages';
import {
  type BoardEvent,
  type BoardState,
  type Effect,
  type Identity,
  unpowered,
} from '@wattward/hardware/relay-board/state';

export interface LinkFault {
  /** What becomes of a message: delays in milliseconds, one per copy that arrives; none is a loss. */
  copies(way: 'to-board' | 'to-box'): readonly number[];
}

/** Sees every command that reaches the board, before and after. */
export interface CommandWatch {
  before(message: CommandMessage, board: BoardState, nowMs: number): void;
  after(board: BoardState, nowMs: number): void;
}

export const PERFECT_LINK: LinkFault = { copies: () => AT_ONCE };
const AT_ONCE = [0] as const;

const REFUSED_MS = 5_000;

interface Wanted {
  on: boolean;
  urgent: boolean;
  leaseS: number;
  nextSendMs: number;
}

export class VirtualBoard {
  readonly #identity: Identity;
  readonly #link: LinkFault;
  readonly #onContact: (channel: number, on: boolean) => void;
  readonly #watch: CommandWatch | null;
  readonly #config: ConfigMessage;
  readonly #wanted = new Map<number, Wanted>();
  #state: BoardState;
  #poweredAtMs = 0;
  #boots = 0;
  #queue: { atMs: number; order: number; deliver: (nowMs: number) => void }[] = [];
  #order = 0;
  #seq = 0;
  #heartbeat: { boot: string; uptimeMs: number; atMs: number } | null = null;
  #reported: StateMessage | null = null;

  constructor(options: {
    readonly config: ConfigMessage;
    readonly nowMs: number;
    readonly link: LinkFault;
    readonly onContact: (channel: number, on: boolean) => void;
    readonly watch?: CommandWatch;
  }) {
    this.#config = options.config;
    this.#link = options.link;
    this.#onContact = options.onContact;
    this.#watch = options.watch ?? null;
    this.#identity = {
      board: options.config.board,
      model: 'esp12f-4ch',
      firmware: 'virtual',
      mac: '5c:cf:7f:00:00:01',
      claim: '',
      pins: [16, 14, 12, 13],
    };
    this.#state = unpowered(this.#identity);
    this.reboot(options.nowMs);
  }

  /** The board itself, for whoever watches. */
  get state(): BoardState {
    return this.#state;
  }

  /** Power cut and back: everything in the safe state, a new boot id. */
  reboot(nowMs: number): void {
    this.#boots += 1;
    this.#poweredAtMs = nowMs;
    const boot = this.#boots.toString(16).padStart(4, '0');
    const stored = {
      storedConfig: this.#config,
      storedSwitches: this.#state.channels.map((c) => c.switches),
    };
    this.#carry(step(this.#state, { type: 'boot', cause: 'power-on', boot, ...stored }, 0), nowMs);
    for (const channel of this.#state.channels) this.#onContact(channel.channel, channel.on);
    this.#event({ type: 'link', up: true }, nowMs);
  }

  /** The box begins anew: what it heard before counts no more. */
  forget(): void {
    this.#heartbeat = null;
    this.#reported = null;
    this.#wanted.clear();
  }

  want(channel: number, on: boolean, urgent: boolean, leaseS: number): void {
    const before = this.#wanted.get(channel);
    if (before?.on === on) {
      before.urgent = urgent || before.urgent;
      return;
    }
    this.#wanted.set(channel, { on, urgent, leaseS, nextSendMs: 0 });
  }

  pressButton(channel: number, nowMs: number): void {
    this.#event({ type: 'button', channel }, nowMs);
  }

  /** Delivers what is due, lets the board's clock run, and sends what the box wants. */
  tick(nowMs: number, boxRuns: boolean): void {
    this.#deliver(nowMs);
    this.#event({ type: 'tick', rssi: -60, heap: 20_000 }, nowMs);
    if (boxRuns) this.#drive(nowMs);
    this.#deliver(nowMs);
  }

  /** What the box knows of a channel. */
  reported(
    channel: number,
    nowMs: number,
  ): { online: boolean; reportedOn: boolean | null; switches: number | null } {
    const heard = this.#heartbeat;
    if (!heard || nowMs - heard.atMs >= STANDARD_COMMANDS.offlineMs)
      return { online: false, reportedOn: null, switches: null };
    const found = this.#reported?.channels.find((c) => c.channel === channel);
    const { on: reportedOn = null, switches = null } = found ?? {};
    return { online: found !== undefined, reportedOn, switches };
  }

  #drive(nowMs: number): void {
    const heard = this.#heartbeat;
    if (!heard) return;
    for (const [channel, wanted] of this.#wanted) {
      const reported = this.#reported?.channels.find((c) => c.channel === channel);
      if (!reported || nowMs < wanted.nextSendMs) continue;
      const safeOn = this.#config.channels.find((c) => c.channel === channel)?.safeState === 'on';
      const departs = wanted.on !== safeOn;
      if (reported.on === wanted.on && !departs) continue;
      if (reported.cause === 'button' && reported.leaseLeftS > 0 && !(wanted.urgent && !wanted.on)) continue;
      this.#seq += 1;
      wanted.nextSendMs =
        nowMs + (reported.on === wanted.on ? STANDARD_COMMANDS.renewMs : STANDARD_COMMANDS.echoMs);
      this.#send(
        {
          v: 1,
          board: this.#config.board,
          boot: heard.boot,
          seq: this.#seq,
          channel,
          on: wanted.on,
          leaseS: departs ? wanted.leaseS : 0,
          expUptimeMs: Math.round(heard.uptimeMs + (nowMs - heard.atMs) + STANDARD_COMMANDS.validMs),
          reason: 'loop',
          ...(wanted.urgent ? { protective: true } : {}),
        },
        nowMs,
      );
    }
  }

  #send(message: CommandMessage, nowMs: number): void {
    for (const delayMs of this.#link.copies('to-board')) {
      this.#post(nowMs + delayMs, (atMs) => this.#arrive(message, atMs));
    }
  }

  #arrive(message: CommandMessage, nowMs: number): void {
    // What time alone does (a lease that ends) comes before what the command does.
    this.#event({ type: 'tick', rssi: -60, heap: 20_000 }, nowMs);
    this.#watch?.before(message, this.#state, nowMs);
    this.#event({ type: 'command', message }, nowMs);
    this.#watch?.after(this.#state, nowMs);
  }

  #event(event: BoardEvent, nowMs: number): void {
    this.#carry(step(this.#state, event, nowMs - this.#poweredAtMs), nowMs);
  }

  #carry(result: { readonly state: BoardState; readonly effects: readonly Effect[] }, nowMs: number): void {
    const before = this.#state;
    this.#state = result.state;
    for (let i = 0; i < result.state.channels.length; i += 1) {
      const channel = result.state.channels[i];
      if (channel && before.channels[i] && before.channels[i]?.on !== channel.on) {
        this.#onContact(channel.channel, channel.on);
      }
    }
    for (const effect of result.effects) {
      if (effect.type !== 'publish') continue;
      if (effect.topic === 'state') this.#toBox(nowMs, (atMs) => this.#hearState(effect.message, atMs));
      else if (effect.topic === 'ack') {
        const { seq, result: answer } = effect.message;
        if (answer === 'refused') this.#toBox(nowMs, (atMs) => this.#hearRefusal(seq, atMs));
      }
    }
  }

  #toBox(nowMs: number, deliver: (atMs: number) => void): void {
    for (const delayMs of this.#link.copies('to-box')) this.#post(nowMs + delayMs, deliver);
  }

  #hearState(message: StateMessage, nowMs: number): void {
    const heard = this.#heartbeat;
    // A state that was delayed behind a newer one of the same boot is no news.
    if (heard?.boot === message.boot && message.uptimeMs < heard.uptimeMs) return;
    if (heard?.boot !== message.boot) this.#seq = message.seq;
    this.#seq = Math.max(this.#seq, message.seq);
    this.#heartbeat = { boot: message.boot, uptimeMs: message.uptimeMs, atMs: nowMs };
    for (const channel of message.channels) {
      const wanted = this.#wanted.get(channel.channel);
      const before = this.#reported?.channels.find((c) => c.channel === channel.channel);
      // It was as wanted and fell back by itself: ask at once.
      if (wanted && before?.on === wanted.on && channel.on !== wanted.on) wanted.nextSendMs = 0;
    }
    this.#reported = message;
  }

  #hearRefusal(seq: number, nowMs: number): void {
    if (seq !== this.#seq) return;
    for (const wanted of this.#wanted.values()) {
      if (wanted.nextSendMs > nowMs) wanted.nextSendMs = Math.max(wanted.nextSendMs, nowMs + REFUSED_MS);
    }
  }

  #post(atMs: number, deliver: (nowMs: number) => void): void {
    this.#order += 1;
    this.#queue.push({ atMs, order: this.#order, deliver });
  }

  #deliver(nowMs: number): void {
    while (this.#queue.length > 0) {
      const due = this.#queue.filter(({ atMs }) => atMs <= nowMs);
      if (due.length === 0) return;
      this.#queue = this.#queue.filter(({ atMs }) => atMs > nowMs);
      due.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
      for (const { deliver } of due) deliver(nowMs);
    }
  }
}
