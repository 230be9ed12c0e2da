/**
 * Boards on the bench: a driver for each board under commissioning. One that the box drives already is borrowed from
 * the cycle, channel by channel; any other gets a driver of its own, without minimum times, until it is in the
 * settings.
 */
import type { BoardConfig } from '@wattward/broker/wire/board';
import type { Clock } from '../clock.ts';
import type { BoardEvent } from '../drive/board-driver.ts';
import { openBoard } from '../drive/open-board.ts';
import { type Reservation, SharedBoard } from '../drive/shared-board.ts';
import type { MqttBus } from '../link/mqtt-bus.ts';
import type { BoardCase } from './stages.ts';

export interface BenchOptions {
  readonly bus: MqttBus;
  readonly clock: Clock;
  /** Site milliseconds. */
  readonly cycleMs: number;
  /** The driver of the cycle for this piece of hardware; none for a board that is not in the settings, or replaced. */
  readonly driven: (id: string, device: string) => SharedBoard | undefined;
  readonly onEvent: (event: BoardEvent) => void;
}

export interface Loan extends Reservation {
  readonly reported: () => boolean | null;
  readonly refusal: () => string | null;
  /** Nothing more is sent; the lease runs out. */
  readonly abandon: () => void;
}

interface Placed {
  readonly key: string;
  readonly board: SharedBoard;
}

const TICK_MS = 1_000;
const SHORTEST_TICK_MS = 20;

export class Bench {
  readonly #options: BenchOptions;
  readonly #placed = new Map<string, Placed>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BenchOptions) {
    this.#options = options;
  }

  /** Has a driver ready; a changed assignment or other hardware brings a new one. */
  place(board: BoardCase): SharedBoard {
    const driven = this.#options.driven(board.id, board.hardware.device);
    if (driven) return driven;
    const key = JSON.stringify([board.hardware.device, board.hardware.channels, board.loads]);
    const placed = this.#placed.get(board.id);
    if (placed?.key === key) return placed.board;
    placed?.board.close();
    const { bus, clock, cycleMs, onEvent } = this.#options;
    const { protocol, mac } = board.hardware;
    const fresh = new SharedBoard(
      openBoard({
        id: board.id,
        protocol,
        config: benchConfig(board),
        leaseS: new Map(board.loads.map(({ channel, leaseS }) => [channel, leaseS])),
        mac: mac || null,
        bus,
        clock,
        cycleMs,
        onEvent,
        random: Math.random,
      }),
    );
    this.#placed.set(board.id, { key, board: fresh });
    const everyMs = Math.max(SHORTEST_TICK_MS, TICK_MS / clock.speed);
    this.#timer ??= setInterval(() => this.#tick(), everyMs).unref();
    return fresh;
  }

  /** One channel for a test; null while another test has it. */
  borrow(board: BoardCase, channel: number): Loan | null {
    const shared = this.place(board);
    const reservation = shared.reserve(channel);
    if (!reservation) return null;
    const line = () => shared.channel(channel);
    return {
      ...reservation,
      reported: () => line()?.reported?.on ?? null,
      refusal: () => line()?.refusal ?? null,
      abandon: () => line()?.abandon(),
    };
  }

  close(): void {
    clearInterval(this.#timer);
    for (const { board } of this.#placed.values()) board.close();
    this.#placed.clear();
  }

  #tick(): void {
    for (const { board } of this.#placed.values()) board.tick();
  }
}

function benchConfig({ hardware, loads }: BoardCase): BoardConfig {
  const most = Math.max(1, hardware.channels, ...loads.map(({ channel }) => channel));
  return {
    v: 1,
    board: hardware.device,
    telemetryS: 15,
    channels: Array.from({ length: most }, (_, i) => ({
      channel: i + 1,
      safeState: 'off',
      contact: 'no',
      minOnS: 0,
      minOffS: 0,
      interlock: 0,
      maxLeaseS: 120,
      maxSwitchesPerHour: 60,
      maxSwitchesPerDay: 200,
    })),
  };
}
