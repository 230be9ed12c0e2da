/**
 * What a browser gets: each file marked `'use client'` with all it imports, however many steps away. None of it may be
 * a file of the server, or ask for a module of Node.
 */
const CLIENT = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*['"]use client['"]/;

export interface ClientSide {
  readonly read: (file: string) => string;
  /** Files and packages each file imports values from. */
  readonly values: ReadonlyMap<string, readonly string[]>;
  /** Prefixes of files that never come to a browser. */
  readonly serverOnly: readonly string[];
}

export function clientBreaches({ read, values, serverOnly }: ClientSide): string[] {
  const cameFrom = new Map<string, string | null>();
  const waiting = [...values.keys()].filter((file) => CLIENT.test(read(file)));
  for (const file of waiting) cameFrom.set(file, null);
  for (const file of waiting) {
    for (const next of values.get(file) ?? []) {
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, file);
      waiting.push(next);
    }
  }
  return [...cameFrom.keys()]
    .filter((name) => name.startsWith('node:') || serverOnly.some((prefix) => name.startsWith(prefix)))
    .map((name) => `${trailTo(name, cameFrom)}: a browser would get it, and it belongs to the server`);
}

function trailTo(name: string, cameFrom: ReadonlyMap<string, string | null>): string {
  const trail = [name];
  for (let at = cameFrom.get(name); at; at = cameFrom.get(at)) trail.unshift(at);
  return trail.join(' -> ');
}
