/**
 * Topics that bought boards and other systems speak in their own way on the home bus, beside our own tree.
 *
 * A bought board's identity begins with its dialect (`tasmota-`, `shelly-`, `esphome-`) and is the topic it is set up
 * with. Rights are computed from this table as from our own. Messages are read by the drivers of the box; nothing
 * here has a schema. Payload facts: Tasmota `MQTT.md`, Shelly Gen2+ RPC over MQTT, ESPHome `mqtt` component, Home
 * Assistant MQTT discovery.
 */
import type { TopicSpec } from './topics.ts';

export const DIALECTS = ['tasmota', 'shelly', 'esphome'] as const;
export type Dialect = (typeof DIALECTS)[number];

export interface DeviceTopicSpec extends TopicSpec {
  /**
   * Placeholders: `{boardId}`, `{siteId}`, `{word}` (any single level without wildcards), `{mac}` (12 capital hex
   * digits, those at the end of the board's id).
   */
  readonly path: string;
  /** Only boards of this dialect have a part in it. */
  readonly dialect?: Dialect;
}

const board = (
  dialect: Dialect,
  path: string,
  direction: 'up' | 'up-kept' | 'down' | 'down-and-own',
): DeviceTopicSpec => ({
  path,
  dialect,
  qos: 1,
  retain: direction === 'up-kept',
  publish: { up: ['board'], 'up-kept': ['board'], down: ['edge'], 'down-and-own': ['edge', 'board'] }[
    direction
  ] as readonly ('board' | 'edge')[],
  subscribe: direction.startsWith('up') ? ['edge', 'installer'] : ['board'],
});

/** Commands are never retained here either: a bought board would act on them at every reconnect. */
export const DEVICE_TOPICS = {
  // At each connect Tasmota asks for its own state by an empty message on its own command topic.
  tasmotaCommand: board('tasmota', 'cmnd/{boardId}/{word}', 'down-and-own'),
  tasmotaResult: board('tasmota', 'stat/{boardId}/{word}', 'up'),
  tasmotaPresence: board('tasmota', 'tele/{boardId}/LWT', 'up-kept'),
  tasmotaTelemetry: board('tasmota', 'tele/{boardId}/{word}', 'up'),
  tasmotaDiscovery: board('tasmota', 'tasmota/discovery/{mac}/{word}', 'up-kept'),

  shellyCall: board('shelly', '{boardId}/rpc', 'down'),
  // The answer goes to `<src>/rpc`; the box gives `reply/<board>` as src.
  shellyReply: board('shelly', 'reply/{boardId}/rpc', 'up'),
  shellyEvent: board('shelly', '{boardId}/events/rpc', 'up'),
  shellyPresence: board('shelly', '{boardId}/online', 'up-kept'),
  shellyStatus: board('shelly', '{boardId}/status/{word}', 'up-kept'),

  esphomeCommand: board('esphome', '{boardId}/{word}/{word}/command', 'down'),
  esphomeState: board('esphome', '{boardId}/{word}/{word}/state', 'up-kept'),
  esphomePresence: board('esphome', '{boardId}/status', 'up-kept'),
  esphomeHeartbeat: board('esphome', '{boardId}/heartbeat', 'up'),
  esphomeAddress: board('esphome', 'esphome/discover/{boardId}', 'up-kept'),

  /** Outward, opt-in: the box describes itself to Home Assistant, which reads with an observer's credential. */
  assistantConfig: {
    path: 'homeassistant/{word}/{word}/config',
    qos: 1,
    retain: true,
    publish: ['edge'],
    subscribe: ['observer'],
  },
  /** Home Assistant subscribes to this form of discovery too and takes a refusal ill; nobody here says anything in it. */
  assistantNodeConfig: {
    path: 'homeassistant/{word}/{word}/{word}/config',
    qos: 1,
    retain: true,
    publish: [],
    // The box may hear the other form, which it says; where one filter takes in both it is granted alike.
    subscribe: ['observer', 'edge'],
  },
  assistantState: {
    path: 'homeassistant/state/{siteId}',
    qos: 0,
    retain: true,
    publish: ['edge'],
    subscribe: ['observer'],
  },
  /** Birth and last will of Home Assistant, at which the box describes itself again. */
  assistantPresence: {
    path: 'homeassistant/status',
    qos: 0,
    retain: true,
    publish: ['observer'],
    subscribe: ['edge'],
  },
} as const satisfies Record<string, DeviceTopicSpec>;

export type DeviceTopicName = keyof typeof DEVICE_TOPICS;

/** The dialect of a board, by its id; undefined for our own boards. */
export function dialectOf(boardId: string): Dialect | undefined {
  return DIALECTS.find((dialect) => boardId.startsWith(`${dialect}-`));
}
