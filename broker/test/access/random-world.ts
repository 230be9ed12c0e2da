/** Identities and topics drawn from a seed, so that a failing pair can be drawn again. */
import type { Identity } from '../../src/access/acl.ts';
import { ROLES } from '../../src/wire/topics.ts';
import {
  allTopics,
  BOARD_WORDS,
  foreignWorld,
  type ReferenceIdentity,
  SITE_WORDS,
} from './reference-rules.ts';

export const IDS = [
  'home-1',
  'home-2',
  'esp12f-a4cf12b3c4d5',
  'm',
  'tasmota-e09806f17f56',
  'shelly-1',
  'esphome-1',
];
export const VERBS = [
  'commission',
  'identify',
  'settings',
  'replay',
  'explain',
  'logs',
  'decisions',
  'other',
];
const WORDS = ['x', 'v2', 'site', 'board', 'command', 'state'];
/** Ids that nobody is bound to. */
const STRANGERS = ['stranger', 'tasmota-ffffffffffff', 'shelly-2', 'esphome-2'];
const CORE_OF_IDS = allTopics(IDS, VERBS);
export const TOPICS_OF_IDS = [...CORE_OF_IDS, ...foreignWorld(IDS, 'POWER1/switch')];
/** Last levels of other topics: a filter that ends in one of them may also mean a verb of that name. */
const ENDS = [...BOARD_WORDS, ...SITE_WORDS].map((word) => word.split('/').at(-1) ?? word);
const CORE = allTopics([...IDS, ...WORDS, 'stranger'], [...new Set([...VERBS, ...WORDS, ...ENDS])]);

/** Everything that `filter` could match: also the words that a mutation may have put in place of an id. */
export function worldOf(filter: string): readonly string[] {
  if (filter.startsWith('wattward/')) return CORE;
  return [...CORE, ...foreignWorld([...IDS, ...STRANGERS], filter)];
}

export type Draw = <T>(from: readonly T[]) => T;

/** A drawer over a linear congruential sequence [Numerical Recipes, 7.1]. */
export function drawer(seed: number): Draw {
  let state = seed >>> 0;
  return (from) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const drawn = from[Math.floor((state / 2 ** 32) * from.length)];
    if (drawn === undefined) throw new RangeError('nothing to draw from');
    return drawn;
  };
}

export function drawIdentity(draw: Draw): {
  readonly identity: Identity;
  readonly reference: ReferenceIdentity;
} {
  const bound = () => (draw([true, false, false]) ? [draw(IDS), draw(IDS)] : undefined);
  const boardId = bound();
  const meterId = bound();
  const siteId = bound();
  const id = draw(IDS);
  const role = draw(ROLES);
  return {
    identity: {
      id,
      role,
      bindings: { ...(boardId && { boardId }), ...(meterId && { meterId }), ...(siteId && { siteId }) },
    },
    reference: { id, role, boardIds: boardId, meterIds: meterId, siteIds: siteId },
  };
}

/** A topic of the tree, or one a little beside it. */
export function drawTopic(draw: Draw): string {
  const levels = draw(draw([CORE_OF_IDS, CORE_OF_IDS, TOPICS_OF_IDS])).split('/');
  const mutation = draw([
    'none',
    'none',
    'none',
    'none',
    'none',
    'none',
    'word',
    'longer',
    'shorter',
    'empty',
    'case',
  ]);
  const at = draw(levels.map((_, i) => i));
  if (mutation === 'word') levels[at] = draw([...WORDS, '$SYS', '..']);
  if (mutation === 'longer') levels.push(draw(['', 'ack', 'x']));
  if (mutation === 'shorter') levels.pop();
  if (mutation === 'empty') levels[at] = '';
  if (mutation === 'case') levels[at] = (levels[at] ?? '').toUpperCase();
  return levels.join('/');
}

/** A filter made from a topic by putting wildcards into it. */
export function drawFilter(draw: Draw): string {
  const levels = drawTopic(draw).split('/');
  for (const i of levels.keys()) {
    if (draw([true, false, false])) levels[i] = '+';
  }
  if (draw([true, false, false])) {
    levels.length = draw(levels.map((_, i) => i));
    levels.push('#');
  }
  return levels.join('/');
}
