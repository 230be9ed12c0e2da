/**
 * The topic tree of both buses, as data: who may publish and subscribe, what is retained, at which QoS.
 *
 * The access rules of the broker, the exported rules for other brokers, and every client read this one table.
 * A placeholder (`{boardId}`) is one topic level; a credential is bound to the ids it may put there.
 */

export const ROLES = [
  'board',
  'meter',
  'edge',
  'site',
  'portal',
  'operator',
  'installer',
  'sim',
  'observer',
] as const;
export type Role = (typeof ROLES)[number];

/** Ids are topic levels: lower case letters, digits and dashes, 1 to 40 characters. */
export const ID_PATTERN = /^[a-z0-9-]{1,40}$/;

export const PLACEHOLDERS = ['boardId', 'meterId', 'siteId', 'verb'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

export interface TopicSpec {
  /** Levels joined by `/`; `{name}` marks a placeholder. */
  readonly path: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
  readonly publish: readonly Role[];
  readonly subscribe: readonly Role[];
}

const up = (
  path: string,
  publish: Role,
  subscribe: readonly Role[],
  retain = false,
  qos: 0 | 1 = 1,
): TopicSpec => ({
  path: `wattward/v1/${path}`,
  qos,
  retain,
  publish: [publish],
  subscribe,
});

/** Every topic that exists. What is not listed here may be neither published nor subscribed to. */
export const TOPICS = {
  boardHello: up('board/{boardId}/hello', 'board', ['edge', 'installer'], true),
  boardAvailability: up('board/{boardId}/availability', 'board', ['edge', 'installer'], true),
  boardState: up('board/{boardId}/state', 'board', ['edge', 'installer'], true),
  boardAck: up('board/{boardId}/ack', 'board', ['edge']),
  boardButton: up('board/{boardId}/button', 'board', ['edge']),
  boardCommand: up('board/{boardId}/command', 'edge', ['board']),
  boardConfig: up('board/{boardId}/config', 'edge', ['board'], true),
  boardIdentify: up('board/{boardId}/identify', 'edge', ['board']),
  boardCredential: up('board/{boardId}/credential', 'edge', ['board']),
  meterReading: up('meter/{meterId}/reading', 'meter', ['edge', 'installer'], false, 0),

  siteAvailability: up('site/{siteId}/availability', 'site', ['portal'], true),
  siteDescription: up('site/{siteId}/description', 'site', ['portal'], true),
  siteState: up('site/{siteId}/state', 'site', ['portal'], false, 0),
  siteSummary: up('site/{siteId}/summary', 'site', ['portal'], true),
  siteEvent: up('site/{siteId}/event', 'site', ['portal']),
  siteEventAck: up('site/{siteId}/event/ack', 'portal', ['site']),
  sitePlan: up('site/{siteId}/plan', 'site', ['portal'], true),
  siteProposal: up('site/{siteId}/proposal', 'site', ['portal']),
  siteSetpoint: up('site/{siteId}/setpoint', 'portal', ['site']),
  siteSetpointAck: up('site/{siteId}/setpoint/ack', 'site', ['portal']),
  siteRequest: up('site/{siteId}/request/{verb}', 'portal', ['site']),
  siteResponse: up('site/{siteId}/response/{verb}', 'site', ['portal']),
  /** Whoever runs the grid: limits, the answers to them, and what is needed to sign one. Nothing else of the home. */
  siteOperatorTerms: up('site/{siteId}/operator/terms', 'site', ['operator'], true),
  siteOperatorSetpoint: up('site/{siteId}/operator/setpoint', 'operator', ['site']),
  siteOperatorSetpointAck: up('site/{siteId}/operator/setpoint/ack', 'site', ['operator']),
  /** Whoever stands in front of the boards: what moves relays without a signature is asked here, on the home bus. */
  siteInstaller: up('site/{siteId}/installer/{verb}', 'installer', ['edge']),
  siteInstallerAnswer: up('site/{siteId}/installer/{verb}/answer', 'edge', ['installer']),

  /** A simulated home: what can be done with it, over MQTT as over HTTP, and its time. */
  simRequest: up('sim/{siteId}/request/{verb}', 'portal', ['sim']),
  simResponse: up('sim/{siteId}/response/{verb}', 'sim', ['portal']),
  simClock: up('sim/{siteId}/clock', 'sim', ['portal'], true),
  /** A home of several processes: the one that settles it asks, every object answers under its own id. */
  simTick: up('sim/{siteId}/tick', 'sim', []),
  simAnswer: up('sim/{siteId}/answer/{verb}', 'sim', []),
} as const satisfies Record<string, TopicSpec>;

export type TopicName = keyof typeof TOPICS;

/** Names whose subscription covers everything below the site or board level. */
export const OBSERVER: Role = 'observer';

export type Ids = Partial<Record<Placeholder, string>>;

/**
 * The topic `name` with its placeholders filled in; a placeholder left out becomes `+` (for a subscription).
 * @throws RangeError when an id is not `[a-z0-9-]{1,40}`.
 */
export function topic(name: TopicName, ids: Ids = {}): string {
  return TOPICS[name].path.replace(/\{(\w+)\}/g, (_, key: Placeholder) => {
    const id = ids[key];
    if (id === undefined) return '+';
    if (!ID_PATTERN.test(id)) throw new RangeError(`${key} "${id}" is not [a-z0-9-]{1,40}`);
    return id;
  });
}

/** Which topic of the tree `path` is, with its ids; undefined when it is none. */
export function parseTopic(path: string): { readonly name: TopicName; readonly ids: Ids } | undefined {
  const levels = path.split('/');
  for (const name of Object.keys(TOPICS) as TopicName[]) {
    const ids = matchLevels(TOPICS[name].path.split('/'), levels);
    if (ids) return { name, ids };
  }
  return undefined;
}

function matchLevels(pattern: readonly string[], levels: readonly string[]): Ids | undefined {
  if (pattern.length !== levels.length) return undefined;
  const ids: Ids = {};
  for (const [i, part] of pattern.entries()) {
    const level = levels[i] ?? '';
    if (part.startsWith('{')) {
      if (!ID_PATTERN.test(level)) return undefined;
      ids[part.slice(1, -1) as Placeholder] = level;
    } else if (part !== level) return undefined;
  }
  return ids;
}
