/**
 * Shelly Gen2 and later, RPC over MQTT. The lease travels with each ON (`toggle_after`, seconds), so nothing has to
 * be set up. Answers come to `<src>/rpc`; the box gives `reply/<board>` as src. Channels count from 0 there. Status
 * messages are off by default, so the state is asked for. [shelly-api-docs.shelly.cloud Gen2 Switch, MQTT]
 */
import type { BoardFamily } from '../board-family.ts';
import {
  type Dialect,
  type Fact,
  isObject,
  levelWith,
  objectIn,
  type Publication,
  plainMac,
  textOf,
} from '../dialect.ts';

const STATUS_CALL = 1_000_001;
const INFO_CALL = 1_000_002;

const dialect: Dialect = {
  confirmsLease: false,
  hears: (id) => [`reply/${id}/rpc`, `${id}/events/rpc`, `${id}/online`, `${id}/status/+`],
  announces: [],
  idIn: (path) => levelWith('shelly-', path),
  commands: (id) => [`${id}/rpc`],
  greet: (id) => [
    call(id, INFO_CALL, 'Shelly.GetDeviceInfo', {}),
    call(id, STATUS_CALL, 'Shelly.GetStatus', {}),
  ],
  ask: (id) => [call(id, STATUS_CALL, 'Shelly.GetStatus', {})],
  setLease: () => [],
  command: (id, order) =>
    call(id, order.call, 'Switch.Set', {
      id: order.channel - 1,
      on: order.on,
      ...(order.on ? { toggle_after: order.leaseS } : {}),
    }),
  // No method of the family blinks a light without touching an output.
  identify: () => [],
  read: (_, path, text) => {
    if (path.endsWith('/online')) return [{ type: 'presence', online: text === 'true' }];
    const object = objectIn(text);
    if (!object) return [];
    const status = /\/status\/(switch:\d+)$/.exec(path)?.[1];
    if (status) return [{ type: 'alive', uptimeMs: null }, ...switches({ [status]: object })];
    const body = path.endsWith('/events/rpc') ? object.params : object.result;
    if (!isObject(body)) return [];
    return [{ type: 'alive', uptimeMs: uptime(body.sys) }, ...switches(body), ...identity(body)];
  },
};

export const shelly = {
  id: 'shelly',
  maker: 'Shelly',
  models: ['Gen2 and later'],
  source: 'shelly-api-docs.shelly.cloud Gen2 Switch, MQTT',
  dialect,
  lease: { shortestS: 5, longestS: 120 },
  mayFallOn: false,
  contactA: null,
} as const satisfies BoardFamily;

function call(boardId: string, id: number, method: string, params: object): Publication {
  return { path: `${boardId}/rpc`, text: JSON.stringify({ id, src: `reply/${boardId}`, method, params }) };
}

/** A running second counter; a status of changes only leaves it out. */
function uptime(sys: unknown): number | null {
  return isObject(sys) && typeof sys.uptime === 'number' ? sys.uptime * 1000 : null;
}

function switches(body: Readonly<Record<string, unknown>>): Fact[] {
  return Object.entries(body).flatMap(([key, value]): Fact[] => {
    const index = /^switch:(\d+)$/.exec(key)?.[1];
    if (index === undefined || !isObject(value)) return [];
    const channel = Number(index) + 1;
    const facts: Fact[] = [];
    if (typeof value.output === 'boolean') facts.push({ type: 'relay', channel, on: value.output });
    if (typeof value.apower === 'number') facts.push({ type: 'power', channel, powerW: value.apower });
    return facts;
  });
}

function identity({ mac, model, ver }: Readonly<Record<string, unknown>>): Fact[] {
  const plain = plainMac(mac);
  return plain ? [{ type: 'identity', mac: plain, model: textOf(model), firmware: textOf(ver) }] : [];
}
