/**
 * Tasmota 12 and later. The lease is `PulseTime`: 1..111 tenths of a second, from 112 on seconds + 100; every `Power`
 * starts it anew. It lies in the board's flash, so it is read after each connect and written only when it differs.
 * A state change is echoed as `stat/<id>/RESULT {"POWER2":"ON"}`, a board with one relay says `POWER`.
 * [tasmota/docs Commands.md, MQTT.md]
 */
import type { BoardFamily } from '../board-family.ts';
import { type Dialect, type Fact, isObject, levelWith, objectIn, plainMac, textOf } from '../dialect.ts';

const MAC_IN_ID = /[0-9a-f]{12}$/;
const PULSE_SECONDS_FROM = 112;
const PULSE_OFFSET_S = 100;
/** Shorter ones it counts in tenths of a second. */
const SHORTEST_LEASE_S = 12;

const dialect: Dialect = {
  confirmsLease: true,
  hears: (id) => {
    const mac = MAC_IN_ID.exec(id)?.[0].toUpperCase();
    return [`stat/${id}/+`, `tele/${id}/+`, ...(mac ? [`tasmota/discovery/${mac}/+`] : [])];
  },
  announces: ['tasmota/discovery/+/+'],
  // Its discovery has the MAC where other topics have the id.
  idIn: (path) => {
    const mac = /^tasmota\/discovery\/([^/]+)\//.exec(path)?.[1];
    return mac ? `tasmota-${mac.toLowerCase()}` : levelWith('tasmota-', path);
  },
  commands: (id) => [`cmnd/${id}/+`],
  greet: (id, channels) => [
    { path: `cmnd/${id}/Status`, text: '5' },
    ...channels.map((channel) => ({ path: `cmnd/${id}/PulseTime${channel}`, text: '' })),
    { path: `cmnd/${id}/State`, text: '' },
  ],
  // `TelePeriod 15` is among the settings of the board.
  ask: () => [],
  setLease: (id, channel, leaseS) => [
    {
      path: `cmnd/${id}/PulseTime${channel}`,
      text: String(Math.max(leaseS, SHORTEST_LEASE_S) + PULSE_OFFSET_S),
    },
  ],
  command: (id, { channel, on }) => ({ path: `cmnd/${id}/Power${channel}`, text: on ? 'ON' : 'OFF' }),
  // `Power 3` (blink) would move the relay; only the link LED blinks.
  identify: (id) => [
    { path: `cmnd/${id}/LedPower`, text: '1' },
    { path: `cmnd/${id}/LedPower`, text: '0' },
    { path: `cmnd/${id}/LedPower`, text: '1' },
  ],
  read: (_, path, text) => {
    const levels = path.split('/');
    const word = levels.at(-1)?.toUpperCase() ?? '';
    if (levels[0] === 'tele' && word === 'LWT') return [{ type: 'presence', online: text === 'Online' }];
    const object = objectIn(text);
    if (!object) return [];
    if (levels[0] === 'tasmota') return word === 'CONFIG' ? discovered(object) : [];
    if (levels[0] === 'stat' && word === 'STATUS5') return network(object.StatusNET);
    if (word === 'SENSOR') return energy(object.ENERGY);
    if (word !== 'RESULT' && word !== 'STATE') return [];
    return [...alive(object), ...relays(object), ...leases(object)];
  },
};

export const tasmota = {
  id: 'tasmota',
  maker: 'Tasmota',
  models: ['boards with Tasmota 12 and later'],
  source: 'tasmota/docs Commands.md, MQTT.md',
  dialect,
  lease: { shortestS: SHORTEST_LEASE_S, longestS: 120 },
  mayFallOn: false,
  contactA: 5,
} as const satisfies BoardFamily;

function alive(object: Readonly<Record<string, unknown>>): Fact[] {
  const seconds = object.UptimeSec;
  return [{ type: 'alive', uptimeMs: typeof seconds === 'number' ? seconds * 1000 : null }];
}

function relays(object: Readonly<Record<string, unknown>>): Fact[] {
  return Object.entries(object).flatMap(([key, value]): Fact[] => {
    const channel = /^POWER(\d*)$/.exec(key)?.[1];
    if (channel === undefined || (value !== 'ON' && value !== 'OFF')) return [];
    return [{ type: 'relay', channel: channel === '' ? 1 : Number(channel), on: value === 'ON' }];
  });
}

function leases(object: Readonly<Record<string, unknown>>): Fact[] {
  return Object.entries(object).flatMap(([key, value]): Fact[] => {
    const channel = /^PulseTime(\d+)$/.exec(key)?.[1];
    if (channel === undefined || !isObject(value) || typeof value.Set !== 'number') return [];
    const { Set: pulse } = value;
    const leaseS = pulse >= PULSE_SECONDS_FROM ? pulse - PULSE_OFFSET_S : pulse / 10;
    return [{ type: 'lease', channel: Number(channel), leaseS }];
  });
}

/** One value, or one for each relay. */
function energy(value: unknown): Fact[] {
  if (!isObject(value)) return [];
  const powers = Array.isArray(value.Power) ? value.Power : [value.Power];
  return powers.flatMap((powerW: unknown, i): Fact[] =>
    typeof powerW === 'number' ? [{ type: 'power', channel: i + 1, powerW }] : [],
  );
}

function network(value: unknown): Fact[] {
  if (!isObject(value)) return [];
  return [{ type: 'identity', mac: plainMac(value.Mac), model: '', firmware: '' }];
}

function discovered({ mac, md, sw }: Readonly<Record<string, unknown>>): Fact[] {
  return [{ type: 'identity', mac: plainMac(mac), model: textOf(md), firmware: textOf(sw) }];
}
