/**
 * The same rights as files for other brokers, computed from the same grants.
 *
 * What the files cannot say: that an id has only certain letters (both brokers take any word for `+`), and, for
 * mosquitto, that a message may not be retained or a wildcard subscription is refused (it grants any subscription and
 * filters what it delivers).
 */
import { type Grant, grantsOf, type Identity, maySubscribe } from './acl.ts';
import type { Credential } from './credential.ts';

/** `acl_file` of mosquitto 2. */
export function mosquittoAcl(identities: readonly Identity[]): string {
  const blocks = identities.map((identity) => {
    const lines = grantsOf(identity).flatMap((grant) =>
      filtersOf(grant).map((filter) => `topic ${mosquittoAccess(grant)} ${filter}`),
    );
    return [`user ${identity.id}`, ...lines].join('\n');
  });
  return `${['# Generated from the topic tree. Nothing is allowed that is not listed.', ...blocks].join('\n\n')}\n`;
}

/**
 * Authorisation rules file of EMQX 5 (`acl.conf`): the first rule that matches decides. A `+` of a rule takes words that
 * begin with `$` too, so that EMQX's own topics are closed before any rule with a wildcard is asked.
 */
export function emqxAcl(identities: readonly Identity[]): string {
  const lines = identities.flatMap((identity) => {
    const who = `{username, "${identity.id}"}`;
    const rules = grantsOf(identity).flatMap((grant) => {
      const filters = filtersOf(grant);
      const topics = filters.map((filter) => `"${filter}"`).join(', ');
      // Without its option a rule allows retained messages too.
      const publish = grant.retain ? 'publish' : '{publish, [{retain, false}]}';
      return [
        ...(grant.publish && filters.length > 0 ? [`{allow, ${who}, ${publish}, [${topics}]}.`] : []),
        ...(grant.subscribe && filters.length > 0 ? [`{allow, ${who}, subscribe, [${topics}]}.`] : []),
      ];
    });
    const wide = wideFilters(identity).map((filter) => `{eq, "${filter}"}`);
    return [...rules, ...(wide.length > 0 ? [`{allow, ${who}, subscribe, [${wide.join(', ')}]}.`] : [])];
  });
  const insiders = identities.filter((identity) => maySubscribe(identity, '$SYS/#'));
  return [
    '%% Generated from the topic tree. Nothing is allowed that is not listed.',
    ...insiders.map(({ id }) => `{allow, {username, "${id}"}, subscribe, ["$SYS/#"]}.`),
    '{deny, all, all, ["$SYS/#", "$delayed/#"]}.',
    ...lines,
    '{deny, all}.',
    '',
  ].join('\n');
}

export const ACL_FORMATS: Readonly<
  Record<'mosquitto' | 'emqx', (credentials: readonly Credential[]) => string>
> = { mosquitto: mosquittoAcl, emqx: emqxAcl };

function mosquittoAccess({ publish, subscribe }: Grant): string {
  if (publish && subscribe) return 'readwrite';
  return publish ? 'write' : 'read';
}

/** A grant as filters: one for each combination of bound ids, `+` where any id may stand. */
function filtersOf({ levels }: Grant): string[] {
  let filters: string[][] = [[]];
  for (const level of levels) {
    const words = level === 'any' ? ['+'] : [...new Set(level.words)];
    filters = filters.flatMap((filter) => words.map((word) => [...filter, word]));
  }
  return filters.map((filter) => filter.join('/'));
}

/** Subscriptions that span several topics and are wholly allowed; a rule for each topic would not cover them. */
function wideFilters(identity: Identity): string[] {
  const ids = new Set([identity.id, ...Object.values(identity.bindings).flatMap((bound) => bound ?? [])]);
  const candidates = ['#', 'wattward/#', 'wattward/v1/#'];
  for (const tree of ['site', 'board']) {
    const all = `wattward/v1/${tree}/+/#`;
    if (maySubscribe(identity, all)) candidates.push(all);
    else for (const id of ids) candidates.push(`wattward/v1/${tree}/${id}/#`);
  }
  return candidates.filter((filter) => maySubscribe(identity, filter));
}
