/**
 * What EMQX 5 makes of its rules file, written from its manual ("Use ACL File") and the order in which it asks; shares
 * nothing with the code under test. Rules are asked from top to bottom, the first that matches decides. Topics are
 * compared word by word: a rule's `+` takes any one word of what is asked, be it a wildcard or begin with `$`; its `#`
 * takes the rest; with `eq` they have to be the same.
 */

/** A term of Erlang as far as the file needs them: tuples and lists as arrays, atoms and strings as text. */
type Term = string | { readonly tuple: readonly Term[] } | readonly Term[];

export interface Question {
  readonly username: string;
  readonly action: 'publish' | 'subscribe';
  readonly retain: boolean;
  readonly topic: string;
}

export class EmqxRules {
  readonly #rules: readonly (readonly Term[])[];

  /** @throws Error where the text is not a list of tuples that end with a period */
  constructor(text: string) {
    this.#rules = termsOf(text).map((term) => {
      if (typeof term === 'string' || !('tuple' in term)) throw new Error('a rule is a tuple');
      return term.tuple;
    });
  }

  allows(question: Question): boolean {
    for (const [permission, who, action, topics] of this.#rules) {
      if (permission !== 'allow' && permission !== 'deny') throw new Error(`no permission: ${permission}`);
      const matches =
        isWho(who, question.username) &&
        (action === undefined || isAction(action, question)) &&
        (topics === undefined || listOf(topics).some((topic) => isTopic(topic, question.topic)));
      if (matches) return permission === 'allow';
    }
    throw new Error('nothing matched: what is not listed has to be denied by the file itself');
  }
}

function isWho(who: Term | undefined, username: string): boolean {
  if (who === 'all') return true;
  const [kind, name] = tupleOf(who);
  if (kind !== 'username') throw new Error(`nobody: ${kind}`);
  return name === username;
}

function isAction(action: Term, question: Question): boolean {
  if (typeof action === 'string') {
    if (!['publish', 'subscribe', 'all'].includes(action)) throw new Error(`no action: ${action}`);
    return action === 'all' || action === question.action;
  }
  const [verb, options = []] = tupleOf(action);
  if (verb !== question.action) return false;
  return listOf(options).every((option) => {
    const [name, value] = tupleOf(option);
    if (name !== 'retain') throw new Error(`no option: ${name}`);
    return value === 'all' || value === String(question.retain);
  });
}

function isTopic(rule: Term, asked: string): boolean {
  if (typeof rule !== 'string') {
    const [kind, exact] = tupleOf(rule);
    if (kind !== 'eq') throw new Error(`no topic: ${kind}`);
    return exact === asked;
  }
  const words = asked.split('/');
  const own = rule.split('/');
  for (const [i, word] of own.entries()) {
    if (word === '#' && i === own.length - 1) return true;
    if (i >= words.length || (word !== '+' && word !== words[i])) return false;
  }
  return own.length === words.length;
}

function tupleOf(term: Term | undefined): readonly Term[] {
  if (term === undefined || typeof term === 'string' || !('tuple' in term))
    throw new Error('a tuple expected');
  return term.tuple;
}

function listOf(term: Term): readonly Term[] {
  if (typeof term === 'string' || 'tuple' in term) throw new Error('a list expected');
  return term;
}

const TOKEN = /\s*(?:%[^\n]*\n\s*)*("(?:[^"\\]|\\.)*"|[a-z][A-Za-z0-9_]*|[{}[\],.])/y;

function termsOf(text: string): Term[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; text.slice(at).trim() !== ''; at = TOKEN.lastIndex) {
    const token = TOKEN.exec(text)?.[1];
    if (token === undefined) throw new Error(`not Erlang: ${text.slice(at, at + 40)}`);
    tokens.push(token);
  }
  const terms: Term[] = [];
  while (tokens.length > 0) {
    terms.push(takeTerm(tokens));
    if (tokens.shift() !== '.') throw new Error('a rule ends with a period');
  }
  return terms;
}

function takeTerm(tokens: string[]): Term {
  const token = tokens.shift() ?? '';
  if (token === '{') return { tuple: takeUntil(tokens, '}') };
  if (token === '[') return takeUntil(tokens, ']');
  if (token.startsWith('"')) return JSON.parse(token);
  if (/^[a-z]/.test(token)) return token;
  throw new Error(`a term expected, not "${token}"`);
}

function takeUntil(tokens: string[], end: string): Term[] {
  const terms: Term[] = [];
  while (tokens[0] !== end) {
    terms.push(takeTerm(tokens));
    if (tokens[0] === ',') tokens.shift();
    else if (tokens[0] !== end) throw new Error(`"${end}" expected, not "${tokens[0]}"`);
  }
  tokens.shift();
  return terms;
}
