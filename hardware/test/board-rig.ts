/** A board on the bench: steps the machine, keeps what it published, and drives its pins. */
import { step } from '../relay-board/machine.ts';
import type { ChannelConfig, CommandMessage, ConfigMessage } from '../relay-board/messages.ts';
import {
  type BoardEvent,
  type BoardState,
  defaultChannel,
  type Effect,
  type Identity,
  unpowered,
} from '../relay-board/state.ts';

export const IDENTITY: Identity = {
  board: 'esp12f-a4cf12b3c4d5',
  model: 'esp12f-4ch',
  firmware: '0.1.0',
  mac: 'a4:cf:12:b3:c4:d5',
  claim: '',
  pins: [16, 14, 12, 13],
};

/** Limits out of the way, for tests of one thing at a time. */
export const FREE: Partial<ChannelConfig> = {
  minOnS: 0,
  minOffS: 0,
  maxSwitchesPerHour: 0,
  maxSwitchesPerDay: 0,
};

export class Rig {
  state: BoardState = unpowered(IDENTITY);
  nowMs: number;
  readonly pins: (0 | 1 | undefined)[] = [];
  last: readonly Effect[] = [];

  constructor(startMs = 0) {
    this.nowMs = startMs;
  }

  send(event: BoardEvent): readonly Effect[] {
    const result = step(this.state, event, this.nowMs);
    this.state = result.state;
    this.last = result.effects;
    for (const effect of result.effects) {
      if (effect.type === 'pin') this.pins[effect.channel] = effect.level;
    }
    return result.effects;
  }

  boot(options: { config?: ConfigMessage; switches?: number[]; boot?: string } = {}): readonly Effect[] {
    return this.send({
      type: 'boot',
      cause: 'power-on',
      boot: options.boot ?? 'b001',
      storedConfig: options.config ?? null,
      storedSwitches: options.switches ?? null,
    });
  }

  /** Time passes; the board ticks once a second as the firmware does, and once at the end. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 1000) {
      this.nowMs += Math.min(1000, left);
      this.send({ type: 'tick', rssi: -60, heap: 20_000 });
    }
  }

  command(message: Partial<CommandMessage>): string {
    this.send({
      type: 'command',
      message: {
        v: 1,
        board: IDENTITY.board,
        boot: this.state.boot,
        seq: this.state.seq + 1,
        channel: 1,
        on: true,
        leaseS: 90,
        expUptimeMs: this.state.uptimeMs + 5000,
        reason: 'test',
        ...message,
      },
    });
    for (const effect of this.last) {
      if (effect.type === 'publish' && effect.topic === 'ack') return effect.message.why ?? 'done';
    }
    return 'no answer';
  }

  isOn(channel: number): boolean {
    return this.channel(channel).on;
  }

  channel(number: number) {
    const found = this.state.channels.find((c) => c.channel === number);
    if (!found) throw new RangeError(`no channel ${number}`);
    return found;
  }

  published(topic: string): unknown[] {
    return this.last.flatMap((e) => (e.type === 'publish' && e.topic === topic ? [e.message] : []));
  }
}

export function config(...channels: Partial<ChannelConfig>[]): ConfigMessage {
  return {
    v: 1,
    board: IDENTITY.board,
    telemetryS: 15,
    channels: channels.map((c, i) => ({ ...defaultChannel(i + 1), ...c })),
  };
}

/** A board past its boot hold, with every limit out of the way unless given. */
export function readyRig(...channels: Partial<ChannelConfig>[]): Rig {
  const rig = new Rig();
  const all = [0, 1, 2, 3].map((i) => ({ ...FREE, ...channels[i] }));
  rig.boot({ config: config(...all) });
  rig.send({ type: 'link', up: true });
  rig.pass(10_000);
  return rig;
}
