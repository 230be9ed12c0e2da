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
      'site/S/response/V',
    ],
    keeps: ['board/B/config'],
    hears: [
      'board/B/hello',
      'board/B/availability',
      'board/B/state',
      'board/B/ack',
      'board/B/button',
      'meter/M/reading',
      'site/S/request/V',
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
    ],
    keeps: ['site/S/availability', 'site/S/description', 'site/S/summary', 'site/S/plan'],
    hears: ['site/S/event/ack', 'site/S/setpoint', 'site/S/request/V'],
  },
  portal: {
    says: ['site/S/event/ack', 'site/S/setpoint', 'site/S/request/V'],
    keeps: [],
    hears: [
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
    says: ['site/S/request/W'],
    keeps: [],
    hears: ['board/B/hello', 'board/B/availability', 'board/B/state', 'meter/M/reading', 'site/S/response/W'],
  },
  sim: { says: [], keeps: [], hears: [] },
  observer: { says: [], keeps: [], hears: ['board/.+', 'meter/M/reading', 'site/.+'] },
};

const ANY = '[a-z0-9-]{1,40}';

function matchesOne(patterns: readonly string[], identity: ReferenceIdentity, topic: string): boolean {
  const alternatives = (ids: readonly string[] | undefined) =>
    ids ? `(?:${ids.length > 0 ? ids.join('|') : '(?!)'})` : ANY;
  const boards = identity.boardIds ?? (identity.role === 'board' ? [identity.id] : undefined);
  const meters = identity.meterIds ?? (identity.role === 'meter' ? [identity.id] : undefined);
  const sites = identity.siteIds ?? (identity.role === 'site' ? [identity.id] : undefined);
  return patterns.some((pattern) => {
    const expression = pattern
      .replace('board/.+', `board/B/(?:${BOARD_WORDS.join('|')})`)
      .replace('site/.+', `site/S/(?:${SITE_WORDS.join('|')}|request/V|response/V)`)
      .replace('/B/', `/${alternatives(boards)}/`)
      .replace('/M/', `/${alternatives(meters)}/`)
      .replace('/S/', `/${alternatives(sites)}/`)
      .replace(/\/V/g, `/${ANY}`)
      .replace(/\/W/g, '/(?:commission|identify|settings)');
    return new RegExp(`^wattward/v1/${expression}$`).test(topic);
  });
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
];

export function referenceMayPublish(identity: ReferenceIdentity, topic: string, retain: boolean): boolean {
  const role = ROLES[identity.role];
  return role !== undefined && matchesOne(retain ? role.keeps : role.says, identity, topic);
}

export function referenceMayHear(identity: ReferenceIdentity, topic: string): boolean {
  if (topic.startsWith('$SYS/')) return readsSystem(identity);
  const role = ROLES[identity.role];
  return role !== undefined && matchesOne([...role.hears, ...role.says], identity, topic);
}

/** The broker's own topics are for an observer who is bound to nothing. */
function readsSystem({ role, boardIds, meterIds, siteIds }: ReferenceIdentity): boolean {
  return role === 'observer' && !boardIds && !meterIds && !siteIds;
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
    ]),
  ]);
}

/** Allowed when the filter matches some topic of the world, and every topic it matches may be heard. */
export function referenceMaySubscribe(
  identity: ReferenceIdentity,
  filter: string,
  world: readonly string[],
): boolean {
  if (filter.startsWith('$SYS/')) return readsSystem(identity);
  const matched = world.filter((topic) => filterMatches(filter.split('/'), topic.split('/')));
  return matched.length > 0 && matched.every((topic) => referenceMayHear(identity, topic));
}

/** The matching of [MQTT 3.1.1, 4.7], level by level from the front. */
export function filterMatches(filter: readonly string[], topic: readonly string[]): boolean {
  const [first, ...restOfFilter] = filter;
  const [level, ...restOfTopic] = topic;
  if (first === undefined) return level === undefined;
  if (first === '#') return restOfFilter.length === 0;
  if (level === undefined) return false;
  if (first !== '+' && first !== level) return false;
  if (first !== '+' && /[+#]/.test(first)) return false;
  if (restOfTopic.length === 0 && restOfFilter.length === 1 && restOfFilter[0] === '#') return true;
  return filterMatches(restOfFilter, restOfTopic);
}
