/**
 * Who may say and hear what, computed from the topic tree and nothing else.
 *
 * Every topic of the tree is a product of sets: one level each, a placeholder standing for all ids. What a
 * credential holds is such a product too, with its bound ids in place of the placeholders. A subscription is allowed
 * when the part of the tree that its filter can match lies wholly inside what the credential may hear; the parts of
 * different topics never overlap, so this is decided level by level.
 *
 * Who may publish a topic may also hear it: it is the one who wrote it. Nobody hears anything outside the tree,
 * except an unbound observer, who may also read the broker's own `$SYS` topics.
 */
import {
  ID_PATTERN,
  INSTALLER_VERBS,
  OBSERVER,
  type Placeholder,
  TOPICS,
  type TopicName,
  type TopicSpec,
} from '../wire/topics.ts';
import { BINDABLE, boundIds, type Credential } from './credential.ts';

export type Identity = Pick<Credential, 'id' | 'role' | 'bindings' | 'topics'>;

/** One level of a granted topic: these words only, or (`any`) every id. */
type GrantLevel = { readonly words: readonly string[] } | 'any';

/** A topic of the tree as one identity may use it. */
export interface Grant {
  readonly name: TopicName;
  readonly levels: readonly GrantLevel[];
  readonly publish: boolean;
  readonly subscribe: boolean;
  /** Whether a message published here may be retained. */
  readonly retain: boolean;
}

const SPECS = Object.entries(TOPICS).map(([name, spec]: [string, TopicSpec]) => ({
  name: name as TopicName,
  spec,
  levels: spec.path.split('/'),
}));

/** All that `identity` may do, topic by topic. */
export function grantsOf(identity: Identity): readonly Grant[] {
  const grants: Grant[] = [];
  for (const { name, spec, levels } of SPECS) {
    if (identity.topics && !identity.topics.includes(name)) continue;
    const publish = spec.publish.includes(identity.role);
    const subscribe = publish || identity.role === OBSERVER || spec.subscribe.includes(identity.role);
    if (!publish && !subscribe) continue;
    grants.push({
      name,
      levels: levels.map((level) => grantLevel(level, identity)),
      publish,
      subscribe,
      retain: spec.retain,
    });
  }
  return grants;
}

function grantLevel(level: string, identity: Identity): GrantLevel {
  const placeholder = placeholderOf(level);
  if (!placeholder) return { words: [level] };
  if (placeholder === 'verb') return identity.role === 'installer' ? { words: INSTALLER_VERBS } : 'any';
  const bindable = BINDABLE.find((name) => name === placeholder);
  const ids = bindable && boundIds(identity, bindable);
  return ids ? { words: ids } : 'any';
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
    return this.#grants.some(
      (grant) => grant.publish && (grant.retain || !retain) && covers(grant.levels, levels),
    );
  }

  /** Whether a message on `topic` may be handed to this identity. */
  mayReceive(topic: string): boolean {
    if (topic.startsWith('$')) return topic.startsWith('$SYS/') && this.#readsEverything();
    const levels = topic.split('/');
    return this.#grants.some((grant) => grant.subscribe && covers(grant.levels, levels));
  }

  /** Whether everything in the tree that `filter` can match may be heard, and it matches something at all. */
  maySubscribe(filter: string): boolean {
    if (filter.startsWith('$')) return filter.startsWith('$SYS/') && this.#readsEverything();
    const filterLevels = filter.split('/');
    if (!wellFormed(filterLevels)) return false;
    let matchesSomething = false;
    for (const { name, levels } of SPECS) {
      const reach = intersect(levels, filterLevels);
      if (!reach) continue;
      matchesSomething = true;
      const grant = this.#grants.find((candidate) => candidate.name === name);
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

function placeholderOf(level: string): Placeholder | undefined {
  return level.startsWith('{') ? (level.slice(1, -1) as Placeholder) : undefined;
}

function covers(grant: readonly GrantLevel[], levels: readonly string[]): boolean {
  return grant.length === levels.length && levels.every((word, i) => inside(word, grant[i]));
}

/** `word` is one level of a topic; undefined stands for every id at once. */
function inside(word: string | undefined, level: GrantLevel | undefined): boolean {
  if (!level) return false;
  if (level === 'any') return word === undefined || ID_PATTERN.test(word);
  return word !== undefined && level.words.includes(word);
}

/**
 * Which part of one topic of the tree a filter matches: a word a level, undefined where it takes every id.
 * Undefined as a whole when it matches nothing there. `a/#` matches `a` too [MQTT-4.7.1-2].
 */
function intersect(
  spec: readonly string[],
  filter: readonly string[],
): readonly (string | undefined)[] | undefined {
  const open = filter.at(-1) === '#';
  const fixed = open ? filter.length - 1 : filter.length;
  if (open ? spec.length < fixed : spec.length !== fixed) return undefined;
  const reach: (string | undefined)[] = [];
  for (const [i, level] of spec.entries()) {
    const asked = i < fixed ? (filter[i] ?? '') : '+';
    const isPlaceholder = placeholderOf(level) !== undefined;
    if (asked === '+') reach.push(isPlaceholder ? undefined : level);
    else if (isPlaceholder ? ID_PATTERN.test(asked) : asked === level) reach.push(asked);
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
