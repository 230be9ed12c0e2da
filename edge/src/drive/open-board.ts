/** The driver for a board, by the firmware that runs on it. */
import type { BoardConfig } from '@wattward/broker/wire/board';
import { boardFamily, type Protocol } from '../catalogue/boards.ts';
import type { CommandSettings } from '../core/command-settings.ts';
import type { BoardDriver, BoardEvent } from './board-driver.ts';
import { BoughtBoard } from './bought/bought-board.ts';
import type { ForeignBus, HomeBus, MonoClock } from './ports.ts';
import { RelayBoard } from './relay-board.ts';

export interface OpenBoardOptions {
  /** Id under which the box knows it. */
  readonly id: string;
  readonly protocol: Protocol;
  /** Channels with their safe states and limits; `board` is its identity on the broker. */
  readonly config: BoardConfig;
  /** Lease of each channel, seconds; 90 where none is given. */
  readonly leaseS: ReadonlyMap<number, number>;
  /** Hardware that was accepted, 12 hex digits; null takes whoever answers first. */
  readonly mac: string | null;
  readonly bus: HomeBus & ForeignBus;
  readonly clock: MonoClock;
  /** Longest pace of the cycle, site milliseconds. */
  readonly cycleMs: number;
  readonly commands?: CommandSettings;
  readonly onEvent: (event: BoardEvent) => void;
  /** 0..1 */
  readonly random: () => number;
}

const DEFAULT_LEASE_S = 90;

export function openBoard(options: OpenBoardOptions): BoardDriver {
  const { id, protocol, config, leaseS, ...rest } = options;
  const { dialect } = boardFamily(protocol);
  if (!dialect) return new RelayBoard({ id, config, leaseS, ...rest });
  const channels = config.channels.map(({ channel }) => ({
    channel,
    safeOn: false,
    leaseS: leaseS.get(channel) ?? DEFAULT_LEASE_S,
  }));
  return new BoughtBoard({ id, device: config.board, dialect, channels, ...rest });
}
