/** The relay boards of the site settings: which loads hang where, and which the firmware of a board cannot take. */
import type { BoardConfig } from '@wattward/broker/wire/board';
import type { Settings } from '../core/settings.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import type { BoardEvent } from './board-driver.ts';
import { ESPHOME_LEASE_S } from './bought/esphome.ts';
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

/** Shorter ones Tasmota counts in tenths of a second. */
const SHORTEST_TASMOTA_LEASE_S = 12;

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

/** Loads that hang on a board whose firmware cannot keep what is asked of it, one sentence each. */
export function undrivableLoads({ devices, loads }: SiteSettings): string[] {
  return loads.flatMap(({ id, board, safeState, leaseS }) => {
    const protocol = devices.boards.find((b) => b.id === board)?.protocol ?? 'wattward';
    if (protocol === 'wattward') return [];
    const what = `load ${id} on the ${protocol} board ${board}`;
    const problems: string[] = [];
    if (safeState === 'on') {
      problems.push(
        `${what}: such a board falls off, never on; use a board with our firmware, or safeState: off`,
      );
    }
    if (protocol === 'esphome' && leaseS !== ESPHOME_LEASE_S) {
      problems.push(
        `${what}: its lease is ${ESPHOME_LEASE_S} s, built into the board; write leaseS: ${ESPHOME_LEASE_S}`,
      );
    }
    if (protocol === 'tasmota' && leaseS < SHORTEST_TASMOTA_LEASE_S) {
      problems.push(`${what}: write leaseS: ${SHORTEST_TASMOTA_LEASE_S} or more`);
    }
    return problems;
  });
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
