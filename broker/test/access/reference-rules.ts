/**
 * A second opinion on who may say and hear what, written from the manual's prose and not from the topic table: plain
 * regular expressions a role, and a filter judged by trying it on every topic of a small world. Shares no line with
 * the code it judges.
 */
export interface ReferenceIdentity {
  readonly id: string;
  readonly role: string;
  readonly boardIds?: readonly string[] | undefined;
  readonly meterIds?: readonly string[] | undefined;
  readonly siteIds?: readonly string[] | undefined;
}

/** What a role says (`says`), and which of it may be retained (`keeps`); what it hears beside its own (`hears`). */
const ROLES: Record<string, { says: string[]; keeps: string[]; hears: string[] }> = {
  board: {
    says: ['board/B/hello', 'board/B/availability', 'board/B/state', 'board/B/ack', 'board/B/button'],
    keeps: ['board/B/hello', 'board/B/availability', 'board/B/state'],
    hears: ['board/B/command', 'board/B/config', 'board/B/identify', 'board/B/credential'],
  },
  meter: { says: ['meter/M/reading'], keeps: [], hears: [] },
  edge: {
    says: [
      'board/B/command',
      'board/B/config',
      'board/B/identify',
      'board/B/credential',
      'site/S/installer/V/answer',
    ],
    keeps: ['board/B/config'],
    hears: [
      'board/B/hello',
      'board/B/availability',
      'board/B/state',
      'board/B/ack',
      'board/B/button',
      'meter/M/reading',
      'site/S/installer/V',
    ],
  },
  site: {
    says: [
      'site/S/availability',
      'site/S/description',
      'site/S/state',
      'site/S/summary',
      'site/S/event',
      'site/S/plan',
      'site/S/proposal',
      'site/S/setpoint/ack',
      'site/S/response/V',
      'site/S/operator/terms',
      'site/S/operator/setpoint/ack',
    ],
    keeps: [
      'site/S/availability',
      'site/S/description',
      'site/S/summary',
      'site/S/plan',
      'site/S/operator/terms',
    ],
    hears: ['site/S/event/ack', 'site/S/setpoint', 'site/S/request/V', 'site/S/operator/setpoint'],
  },
  operator: {
    says: ['site/S/operator/setpoint'],
    keeps: [],
    hears: ['site/S/operator/terms', 'site/S/operator/setpoint/ack'],
  },
  portal: {
    says: ['site/S/event/ack', 'site/S/setpoint', 'site/S/request/V', 'sim/S/request/V'],
    keeps: [],
    hears: [
      'sim/S/response/V',
      'sim/S/clock',
      'site/S/availability',
      'site/S/description',
      'site/S/state',
      'site/S/summary',
      'site/S/event',
      'site/S/plan',
      'site/S/proposal',
      'site/S/setpoint/ack',
      'site/S/response/V',
    ],
  },
  installer: {
    says: ['site/S/installer/V'],
    keeps: [],
    hears: [
      'board/B/hello',
      'board/B/availability',
      'board/B/state',
      'meter/M/reading',
      'site/S/installer/V/answer',
    ],
  },
  sim: {
    says: ['sim/S/response/V', 'sim/S/clock', 'sim/S/tick', 'sim/S/answer/V'],
    keeps: ['sim/S/clock'],
    hears: ['sim/S/request/V'],
  },
  observer: { says: [], keeps: [], hears: ['board/.+', 'meter/M/reading', 'site/.+', 'sim/.+'] },
};

/** What bought boards say, and which of it may be kept; `T`, `S`, `E` stand for a board's id, `D` for its MAC. */
const SPOKEN_UP = [
  'stat/T/W',
  'tele/T/W',
  'tasmota/discovery/D/W',
  'reply/S/rpc',
  'S/events/rpc',
  'S/online',
  'S/status/W',
  'E/W/W/state',
  'E/status',
  'E/heartbeat',
  'esphome/discover/E',
];
const KEPT_UP = SPOKEN_UP.filter((path) => !/^stat|^tele|rpc$|heartbeat$/.test(path)).concat('tele/T/LWT');
const SPOKEN_DOWN = ['cmnd/T/W', 'S/rpc', 'E/W/W/command'];
const OUTWARD = ['homeassistant/W/W/config', 'homeassistant/state/H'];
const BIRTH = ['homeassistant/status'];
const NODE_CONFIG = ['homeassistant/W/W/W/config'];

/** Bought boards and Home Assistant, in their own words. */
const FOREIGN: readonly {
  readonly who: string;
  readonly says: readonly string[];
  readonly keeps: readonly string[];
  readonly hears: readonly string[];
}[] = [
  { who: 'board', says: [...SPOKEN_UP, 'cmnd/T/W'], keeps: KEPT_UP, hears: SPOKEN_DOWN },
  {
    who: 'edge',
    says: [...SPOKEN_DOWN, ...OUTWARD],
    keeps: OUTWARD,
    hears: [...SPOKEN_UP, ...BIRTH, ...NODE_CONFIG],
  },
  { who: 'installer', says: [], keeps: [], hears: SPOKEN_UP },
  {
    who: 'observer',
    says: BIRTH,
    keeps: BIRTH,
    hears: [...SPOKEN_UP, ...SPOKEN_DOWN, ...OUTWARD, ...NODE_CONFIG],
  },
];

function foreignAllows(
  kind: 'says' | 'keeps' | 'hears',
  identity: ReferenceIdentity,
  topic: string,
): boolean {
  const rules = FOREIGN.find(({ who }) => who === identity.role);
  if (!rules) return false;
  const boards = identity.boardIds ?? (identity.role === 'board' ? [identity.id] : undefined);
  const spoken = (dialect: string) => {
    const ids = boards ? boards.filter((id) => id.startsWith(`${dialect}-`)) : [`${dialect}-[a-z0-9-]+`];
    return ids.length > 0 ? `(?:${ids.join('|')})` : '(?!)';
  };
  const tasmotas = boards?.filter((id) => /^tasmota-.*[0-9a-f]{12}$/.test(id));
  const macs = tasmotas
    ? `(?:${tasmotas.map((id) => id.slice(-12).toUpperCase()).join('|') || '(?!)'})`
    : '[0-9A-F]{12}';
  return rules[kind].some((pattern) =>
    kept(identity, `foreign ${pattern}`, () => {
      const expression = pattern
        .split('/')
        .map((level) => {
          if (level === 'T') return spoken('tasmota');
          if (level === 'D') return macs;
          if (level === 'S') return spoken('shelly');
          if (level === 'E') return spoken('esphome');
          if (level === 'H') return identity.siteIds ? `(?:${identity.siteIds.join('|')})` : ANY;
          return level === 'W' ? '[A-Za-z0-9_:.-]{1,64}' : level;
        })
        .join('/');
      return new RegExp(`^${expression}$`);
    }).test(topic),
  );
}

/** Made once for each identity: ten thousand questions ask for the same few. */
const expressions = new WeakMap<ReferenceIdentity, Map<string, RegExp>>();

function kept(identity: ReferenceIdentity, name: string, make: () => RegExp): RegExp {
  const own = expressions.get(identity) ?? new Map<string, RegExp>();
  expressions.set(identity, own);
  const found = own.get(name) ?? make();
  own.set(name, found);
  return found;
}

const ANY = '[a-z0-9-]{1,40}';

function matchesOne(patterns: readonly string[], identity: ReferenceIdentity, topic: string): boolean {
  const alternatives = (ids: readonly string[] | undefined) =>
    ids ? `(?:${ids.length > 0 ? ids.join('|') : '(?!)'})` : ANY;
  const boards = identity.boardIds ?? (identity.role === 'board' ? [identity.id] : undefined);
  const meters = identity.meterIds ?? (identity.role === 'meter' ? [identity.id] : undefined);
  const sites = identity.siteIds ?? (identity.role === 'site' ? [identity.id] : undefined);
  return patterns.some((pattern) =>
    kept(identity, pattern, () => {
      const expression = pattern
        .replace('board/.+', `board/B/(?:${BOARD_WORDS.join('|')})`)
        .replace(
          'site/.+',
          `site/S/(?:${SITE_WORDS.join('|')}|request/V|response/V|installer/V|installer/V/answer)`,
        )
        .replace('sim/.+', 'sim/S/(?:clock|tick|request/V|response/V|answer/V)')
        .replace('/B/', `/${alternatives(boards)}/`)
        .replace('/M/', `/${alternatives(meters)}/`)
        .replace('/S/', `/${alternatives(sites)}/`)
        .replace(/\/V/g, `/${ANY}`);
      return new RegExp(`^wattward/v1/${expression}$`);
    }).test(topic),
  );
}

export const BOARD_WORDS = [
  'hello',
  'availability',
  'state',
  'ack',
  'button',
  'command',
  'config',
  'identify',
  'credential',
];
export const SITE_WORDS = [
  'availability',
  'description',
  'state',
  'summary',
  'event',
  'event/ack',
  'plan',
  'proposal',
  'setpoint',
  'setpoint/ack',
  'operator/terms',
  'operator/setpoint',
  'operator/setpoint/ack',
];

export function referenceMayPublish(identity: ReferenceIdentity, topic: string, retain: boolean): boolean {
  const role = ROLES[identity.role];
  if (foreignAllows(retain ? 'keeps' : 'says', identity, topic)) return true;
  return role !== undefined && matchesOne(retain ? role.keeps : role.says, identity, topic);
}

export function referenceMayHear(identity: ReferenceIdentity, topic: string): boolean {
  if (topic.startsWith('$SYS/')) return readsSystem(identity);
  if (foreignAllows('says', identity, topic) || foreignAllows('hears', identity, topic)) return true;
  const role = ROLES[identity.role];
  return role !== undefined && matchesOne([...role.hears, ...role.says], identity, topic);
}

/** The broker's own topics are for an observer who is bound to nothing. */
function readsSystem({ role, boardIds, meterIds, siteIds }: ReferenceIdentity): boolean {
  return role === 'observer' && !boardIds && !meterIds && !siteIds;
}

/** Topics of bought boards and Home Assistant when only these ids and these free words exist. */
function foreignTopics(id: string, words: readonly string[]): string[] {
  const under = (...before: string[]) => words.map((word) => [...before, word].join('/'));
  switch (id.split('-')[0]) {
    case 'tasmota':
      return [
        ...[...under('cmnd', id), ...under('stat', id), ...under('tele', id)],
        ...under('tasmota', 'discovery', id.slice(-12).toUpperCase()),
      ];
    case 'shelly':
      return [`${id}/rpc`, `reply/${id}/rpc`, `${id}/events/rpc`, `${id}/online`, ...under(id, 'status')];
    case 'esphome':
      return [
        ...words.flatMap((word) => under(id, word).flatMap((path) => [`${path}/command`, `${path}/state`])),
        ...[`${id}/status`, `${id}/heartbeat`, `esphome/discover/${id}`],
      ];
    default:
      return [`homeassistant/state/${id}`];
  }
}

/** Every topic that exists when only these ids do. */
export function allTopics(ids: readonly string[], verbs: readonly string[]): string[] {
  return ids.flatMap((id) => [
    ...BOARD_WORDS.map((word) => `wattward/v1/board/${id}/${word}`),
    `wattward/v1/meter/${id}/reading`,
    ...SITE_WORDS.map((word) => `wattward/v1/site/${id}/${word}`),
    ...verbs.flatMap((verb) => [
      `wattward/v1/site/${id}/request/${verb}`,
      `wattward/v1/site/${id}/response/${verb}`,
      `wattward/v1/site/${id}/installer/${verb}`,
      `wattward/v1/site/${id}/installer/${verb}/answer`,
      `wattward/v1/sim/${id}/request/${verb}`,
      `wattward/v1/sim/${id}/response/${verb}`,
      `wattward/v1/sim/${id}/answer/${verb}`,
    ]),
    `wattward/v1/sim/${id}/clock`,
    `wattward/v1/sim/${id}/tick`,
  ]);
}

/** The foreign topics in which a filter's own words, and one that it does not name, stand in all free places. */
export function foreignWorld(ids: readonly string[], filter: string): string[] {
  const named = filter.split('/').filter((word) => /^[A-Za-z0-9_:.-]{1,64}$/.test(word));
  const words = [...new Set([...named, 'other', 'LWT'])];
  const assistant = words.flatMap((a) => words.map((b) => `homeassistant/${a}/${b}/config`));
  // Of the longer form only what stands where the filter has it, and what it does not name.
  const place = (level: number) => {
    const word = filter.split('/')[level];
    return word !== undefined && named.includes(word) ? [word, 'other'] : ['other'];
  };
  for (const a of place(1)) {
    for (const b of place(2)) assistant.push(...place(3).map((c) => `homeassistant/${a}/${b}/${c}/config`));
  }
  for (const word of named) if (/^[a-z0-9-]{1,40}$/.test(word)) assistant.push(`homeassistant/state/${word}`);
  return [...ids.flatMap((id) => foreignTopics(id, words)), ...assistant, 'homeassistant/status'];
}

/** Allowed when the filter matches some topic of the world, and every topic it matches may be heard. */
export function referenceMaySubscribe(
  identity: ReferenceIdentity,
  filter: string,
  world: readonly string[],
): boolean {
  if (filter.startsWith('$SYS/')) return readsSystem(identity);
  const levels = filter.split('/');
  const matched = world.filter((topic) => filterMatches(levels, levelsOf(topic)));
  return matched.length > 0 && matched.every((topic) => referenceMayHear(identity, topic));
}

/** The world is the same for ten thousand filters. */
const splitTopics = new Map<string, readonly string[]>();

function levelsOf(topic: string): readonly string[] {
  const levels = splitTopics.get(topic) ?? topic.split('/');
  splitTopics.set(topic, levels);
  return levels;
}

/** The matching of [MQTT 3.1.1, 4.7], level by level from the front. */
export function filterMatches(filter: readonly string[], topic: readonly string[], from = 0): boolean {
  const asked = filter[from];
  const level = topic[from];
  if (asked === undefined) return level === undefined;
  if (asked === '#') return from === filter.length - 1;
  if (level === undefined || (asked !== '+' && asked !== level)) return false;
  if (from === topic.length - 1 && from === filter.length - 2 && filter[from + 1] === '#') return true;
  return filterMatches(filter, topic, from + 1);
}
