/**
 * ESPHome with the file under hardware/off-the-shelf: switches `relay1`..`relay4`, a lease of 90 s compiled into the
 * board, a heartbeat every 15 s (a repeated ON changes no state there and so echoes nothing by itself). States are
 * retained by the board: only what is heard live counts.
 */
import type { BoardFamily } from '../board-family.ts';
import { type Dialect, type Fact, levelWith, objectIn, plainMac, textOf } from '../dialect.ts';

/** As in esphome.yaml, `lease`. */
const LEASE_S = 90;

const dialect: Dialect = {
  confirmsLease: false,
  hears: (id) => [`${id}/switch/+/state`, `${id}/status`, `${id}/heartbeat`, `esphome/discover/${id}`],
  announces: [],
  idIn: (path) => levelWith('esphome-', path),
  commands: (id) => [`${id}/switch/+/command`],
  greet: () => [],
  ask: () => [],
  setLease: () => [],
  command: (id, { channel, on }) => ({
    path: `${id}/switch/relay${channel}/command`,
    text: on ? 'ON' : 'OFF',
  }),
  identify: () => [],
  read: (id, path, text) => {
    if (path === `${id}/status`) return [{ type: 'presence', online: text === 'online' }];
    const channel = /\/switch\/relay(\d+)\/state$/.exec(path)?.[1];
    if (channel) {
      if (text !== 'ON' && text !== 'OFF') return [];
      return [
        { type: 'alive', uptimeMs: null },
        { type: 'relay', channel: Number(channel), on: text === 'ON' },
      ];
    }
    const object = objectIn(text);
    if (!object) return [];
    if (path === `esphome/discover/${id}`) {
      const { mac, board, version } = object;
      return [{ type: 'identity', mac: plainMac(mac), model: textOf(board), firmware: textOf(version) }];
    }
    return path === `${id}/heartbeat` ? heartbeat(object) : [];
  },
};

export const esphome = {
  id: 'esphome',
  maker: 'ESPHome',
  models: ['boards with the file under hardware/off-the-shelf'],
  source: 'hardware/off-the-shelf/esphome.yaml',
  dialect,
  lease: { shortestS: LEASE_S, longestS: LEASE_S },
  mayFallOn: false,
  contactA: 5,
} as const satisfies BoardFamily;

function heartbeat(object: Readonly<Record<string, unknown>>): Fact[] {
  const { uptimeMs } = object;
  const relays = Object.entries(object).flatMap(([key, value]): Fact[] => {
    const channel = /^relay(\d+)$/.exec(key)?.[1];
    return channel && typeof value === 'boolean'
      ? [{ type: 'relay', channel: Number(channel), on: value }]
      : [];
  });
  return [{ type: 'alive', uptimeMs: typeof uptimeMs === 'number' ? uptimeMs : null }, ...relays];
}
