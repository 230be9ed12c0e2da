/** The relay boards of the site settings: which loads hang where. */
import type { BoardConfig } from '@wattward/broker/wire/board';
import type { Settings } from '../core/settings.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import type { BoardEvent } from './board-driver.ts';
import { openBoard } from './open-board.ts';
import type { ForeignBus, HomeBus, MonoClock } from './ports.ts';
import { SharedBoard } from './shared-board.ts';

export interface OpenBoardsOptions {
  readonly site: SiteSettings;
  readonly core: Settings;
  readonly bus: HomeBus & ForeignBus;
  readonly clock: MonoClock;
  readonly cycleMs: number;
  readonly onEvent: (event: BoardEvent) => void;
  /** 0..1 */
  readonly random: () => number;
}

export function openBoards(options: OpenBoardsOptions): Map<string, SharedBoard> {
  const { site, core, bus, clock, cycleMs, onEvent, random } = options;
  return new Map(
    site.devices.boards.map(({ id, protocol, channels, device, mac }) => {
      const loads = site.loads.filter((load) => load.board === id);
      const board = openBoard({
        id,
        protocol,
        config: { ...boardConfigOf(id, channels, site, core), board: device ?? id },
        leaseS: new Map(loads.map((load) => [load.channel, load.leaseS])),
        mac: mac ?? null,
        bus,
        clock,
        cycleMs,
        commands: core.commands,
        onEvent,
        random,
      });
      return [id, new SharedBoard(board)];
    }),
  );
}

/** The retained configuration of a board, derived from the loads that hang on it. */
function boardConfigOf(board: string, channels: number, site: SiteSettings, core: Settings): BoardConfig {
  return {
    v: 1,
    board,
    telemetryS: 15,
    channels: Array.from({ length: channels }, (_, i) => {
      const channel = i + 1;
      const index = site.loads.findIndex((load) => load.board === board && load.channel === channel);
      const wiring = site.loads[index];
      const load = core.loads[index];
      return {
        channel,
        safeState: wiring?.safeState ?? 'off',
        contact: wiring?.contact ?? 'no',
        minOnS: Math.round((load?.minOnMs ?? 60_000) / 1000),
        minOffS: Math.round((load?.minOffMs ?? 60_000) / 1000),
        interlock: load?.interlock ?? 0,
        maxLeaseS: 120,
        maxSwitchesPerHour: load?.maxSwitchesPerHour ?? 20,
        maxSwitchesPerDay: load?.maxSwitchesPerDay ?? 60,
      };
    }),
  };
}
