/**
 * Who may say and hear what, computed from the topic tree and nothing else.
 *
 * Every topic of the tree is a product of sets: one level each, a placeholder standing for all ids. What a
 * credential holds is such a product too, with its bound ids in place of the placeholders. A subscription is allowed
 * when the part of the tree that its filter can match lies wholly inside what the credential may hear; the parts of
 * each topic is a product again, so this is decided topic by topic and level by level.
 *
 * Who may publish a topic may also hear it: it is the one who wrote it. Nobody hears anything outside the tree,
 * except an unbound observer, who may also read the broker's own `$SYS` topics.
 */
import { DEVICE_TOPICS, type DeviceTopicName, type Dialect, dialectOf } from '../wire/device-topics.ts';
import { ID_PATTERN, OBSERVER, TOPICS, type TopicName, type TopicSpec } from '../wire/topics.ts';
import { BINDABLE, boundIds, type Credential } from './credential.ts';

export type Identity = Pick<Credential, 'id' | 'role' | 'bindings' | 'topics'>;
type AnyTopicName = TopicName | DeviceTopicName;

/** One level of a topic of the tree: a fixed word, or whatever a placeholder may stand for. */
type Level =
  | { readonly word: string }
  | { readonly placeholder: string; readonly may: (word: string) => boolean };

interface Spec {
  readonly name: AnyTopicName;
  readonly spec: TopicSpec & { readonly dialect?: Dialect };
  readonly levels: readonly Level[];
}

/** One level of a granted topic: these words only, or (`any`) everything the placeholder may stand for. */
type GrantLevel = { readonly words: readonly string[] } | 'any';

/** A topic of the tree as one identity may use it. */
export interface Grant {
  readonly of: Spec;
  readonly levels: readonly GrantLevel[];
  readonly publish: boolean;
  readonly subscribe: boolean;
  /** Whether a message published here may be retained. */
  readonly retain: boolean;
}

const WORD_PATTERN = /^[A-Za-z0-9_:.-]{1,64}$/;
const MAC_PATTERN = /^[0-9A-F]{12}$/;

const SPECS: readonly Spec[] = Object.entries({ ...TOPICS, ...DEVICE_TOPICS }).map(
  ([name, spec]: [string, Spec['spec']]) => ({
    name: name as AnyTopicName,
    spec,
    levels: spec.path.split('/').map((level) => levelOf(level, spec.dialect)),
  }),
);

function levelOf(level: string, dialect: Dialect | undefined): Level {
  if (!level.startsWith('{')) return { word: level };
  const placeholder = level.slice(1, -1);
  if (placeholder === 'word') return { placeholder, may: (word) => WORD_PATTERN.test(word) };
  if (placeholder === 'mac') return { placeholder, may: (word) => MAC_PATTERN.test(word) };
  if (placeholder !== 'boardId' || !dialect) return { placeholder, may: (word) => ID_PATTERN.test(word) };
  return { placeholder, may: (word) => ID_PATTERN.test(word) && dialectOf(word) === dialect };
}

/** All that `identity` may do, topic by topic. */
export function grantsOf(identity: Identity): readonly Grant[] {
  const grants: Grant[] = [];
  for (const of of SPECS) {
    const { name, spec } = of;
    if (identity.topics && !identity.topics.some((only) => only === name)) continue;
    const publish = spec.publish.includes(identity.role);
    const subscribe = publish || identity.role === OBSERVER || spec.subscribe.includes(identity.role);
    if (!publish && !subscribe) continue;
    const levels = of.levels.map((level) => grantLevel(level, identity));
    if (levels.some((level) => level !== 'any' && level.words.length === 0)) continue;
    grants.push({ of, levels, publish, subscribe, retain: spec.retain });
  }
  return grants;
}

function grantLevel(level: Level, identity: Identity): GrantLevel {
  if ('word' in level) return { words: [level.word] };
  const { placeholder } = level;
  if (placeholder === 'mac') {
    const boards = boundIds(identity, 'boardId')?.filter((id) => dialectOf(id) === 'tasmota');
    return boards ? { words: boards.map((id) => id.slice(-12).toUpperCase()).filter(level.may) } : 'any';
  }
  const bindable = BINDABLE.find((name) => name === placeholder);
  const ids = bindable && boundIds(identity, bindable);
  return ids ? { words: ids.filter(level.may) } : 'any';
}

/** The rights of one identity, computed once. */
export class AccessRules {
  readonly #identity: Identity;
  readonly #grants: readonly Grant[];

  constructor(identity: Identity) {
    this.#identity = identity;
    this.#grants = grantsOf(identity);
  }

  /** Whether a message may be published on `topic`; wills are asked for in the same way. */
  mayPublish(topic: string, retain: boolean): boolean {
    const levels = topic.split('/');
    return this.#grants.some((grant) => grant.publish && (grant.retain || !retain) && covers(grant, levels));
  }

  /** Whether a message on `topic` may be handed to this identity. */
  mayReceive(topic: string): boolean {
    if (topic.startsWith('$')) return topic.startsWith('$SYS/') && this.#readsEverything();
    const levels = topic.split('/');
    return this.#grants.some((grant) => grant.subscribe && covers(grant, levels));
  }

  /** Whether everything in the tree that `filter` can match may be heard, and it matches something at all. */
  maySubscribe(filter: string): boolean {
    if (filter.startsWith('$')) return filter.startsWith('$SYS/') && this.#readsEverything();
    const filterLevels = filter.split('/');
    if (!wellFormed(filterLevels)) return false;
    let matchesSomething = false;
    for (const spec of SPECS) {
      const reach = intersect(spec.levels, filterLevels);
      if (!reach) continue;
      matchesSomething = true;
      const grant = this.#grants.find(({ of }) => of === spec);
      if (!grant?.subscribe) return false;
      if (!reach.every((word, i) => inside(word, grant.levels[i]))) return false;
    }
    return matchesSomething;
  }

  #readsEverything(): boolean {
    const { role, topics } = this.#identity;
    return role === OBSERVER && !topics && BINDABLE.every((name) => !boundIds(this.#identity, name));
  }
}

const rulesByIdentity = new WeakMap<Identity, AccessRules>();

/** The rules of `identity`, kept as long as the object itself lives. */
export function rulesOf(identity: Identity): AccessRules {
  let rules = rulesByIdentity.get(identity);
  if (!rules) {
    rules = new AccessRules(identity);
    rulesByIdentity.set(identity, rules);
  }
  return rules;
}

export function mayPublish(identity: Identity, topic: string, retain: boolean): boolean {
  return rulesOf(identity).mayPublish(topic, retain);
}

export function maySubscribe(identity: Identity, filter: string): boolean {
  return rulesOf(identity).maySubscribe(filter);
}

function covers({ of, levels }: Grant, words: readonly string[]): boolean {
  return (
    levels.length === words.length &&
    words.every((word, i) => may(of.levels[i], word) && inside(word, levels[i]))
  );
}

function may(level: Level | undefined, word: string): boolean {
  if (!level) return false;
  return 'word' in level ? level.word === word : level.may(word);
}

/** `word` is one level of a topic that may stand there; undefined stands for all of them at once. */
function inside(word: string | undefined, level: GrantLevel | undefined): boolean {
  if (!level) return false;
  return level === 'any' || (word !== undefined && level.words.includes(word));
}

/**
 * Which part of one topic of the tree a filter matches: a word a level, undefined where it takes all that may stand
 * there. Undefined as a whole when it matches nothing. `a/#` matches `a` too [MQTT-4.7.1-2].
 */
function intersect(
  spec: readonly Level[],
  filter: readonly string[],
): readonly (string | undefined)[] | undefined {
  const open = filter.at(-1) === '#';
  const fixed = open ? filter.length - 1 : filter.length;
  if (open ? spec.length < fixed : spec.length !== fixed) return undefined;
  const reach: (string | undefined)[] = [];
  for (const [i, level] of spec.entries()) {
    const asked = i < fixed ? (filter[i] ?? '') : '+';
    if (asked === '+') reach.push('word' in level ? level.word : undefined);
    else if (may(level, asked)) reach.push(asked);
    else return undefined;
  }
  return reach;
}

/** Wildcards stand alone in their level, `#` only at the end [MQTT-4.7.1-2, -3]. */
function wellFormed(levels: readonly string[]): boolean {
  return levels.every(
    (level, i) => (level === '#' && i === levels.length - 1) || level === '+' || !/[+#]/.test(level),
  );
}
