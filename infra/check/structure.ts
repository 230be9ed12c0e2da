/**
 * Holds the code against the table of rooms: forbidden imports, circles of files and of rooms, server code in a
 * browser, folders without a room, vague names, overgrown files, strangers at the top level.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { circles } from './circles.ts';
import { clientBreaches } from './client-side.ts';
import { DATA_TABLES, MAX_LINES, TOP_LEVEL, VAGUE_NAMES } from './conventions.ts';
import { type Import, importsOf } from './imports.ts';
import { SERVER_ONLY } from './portal-rooms.ts';
import type { Room } from './room.ts';
import { ROOMS } from './rooms.ts';

export interface SourceTree {
  /** Paths below the root, with `/`. */
  readonly files: readonly string[];
  readonly read: (file: string) => string;
  /** Doors of each workspace package: name to directory and `exports`. */
  readonly packages: ReadonlyMap<
    string,
    { readonly dir: string; readonly exports: Readonly<Record<string, string>> }
  >;
}

/** Every breach in the tree, one sentence each, empty when all is well. */
export function breaches(tree: SourceTree, rooms: readonly Room[] = ROOMS): string[] {
  const sources = tree.files.filter(
    (file) => /\.tsx?$/.test(file) && !isTest(file) && !file.endsWith('.d.ts'),
  );
  const known = new Set(tree.files);
  const graph = new Map<string, string[]>();
  const values = new Map<string, string[]>();
  const problems = [...strangers(tree.files), ...vagueNames(sources), ...roomless(sources, rooms)];
  for (const file of sources) {
    const text = tree.read(file);
    const room = roomOf(file, rooms);
    problems.push(...overgrown(file, text, room));
    const targets: string[] = [];
    const valuesOf: string[] = [];
    for (const used of importsOf(text)) {
      const target = resolveImport(file, used.specifier, tree, known);
      if (target.kind === 'missing') problems.push(`${file}: "${used.specifier}" ${target.why}`);
      if (target.kind === 'package') problems.push(...packageBreach(file, room, used.specifier));
      if (target.kind === 'file') {
        targets.push(target.path);
        problems.push(...roomBreach(file, target.path, used, rooms));
      }
      if (!used.typeOnly) valuesOf.push(target.kind === 'file' ? target.path : used.specifier);
    }
    graph.set(file, targets);
    values.set(file, valuesOf);
  }
  return [
    ...problems,
    ...circles(graph).map((circle) => `a circle: ${circle}`),
    ...circles(arrowsOf(rooms)).map((circle) => `the table of rooms allows a circle: ${circle}`),
    ...clientBreaches({ read: tree.read, values, serverOnly: SERVER_ONLY }),
  ];
}

type Target = { kind: 'file'; path: string } | { kind: 'package' } | { kind: 'missing'; why: string };

function resolveImport(
  from: string,
  specifier: string,
  tree: SourceTree,
  known: ReadonlySet<string>,
): Target {
  if (specifier.startsWith('.') || specifier.startsWith('@/')) {
    const base = specifier.startsWith('@/')
      ? path.posix.join('portal', specifier.slice(2))
      : path.posix.join(path.posix.dirname(from), specifier);
    for (const candidate of [base, `${base}.ts`, `${base}.tsx`]) {
      if (known.has(candidate)) return { kind: 'file', path: candidate };
    }
    return /\.(css|json|svg|wasm|mjs|js)$/.test(base)
      ? { kind: 'package' }
      : { kind: 'missing', why: 'is no file' };
  }
  const [scope, name, ...rest] = specifier.split('/');
  const pkg = tree.packages.get(`${scope}/${name}`);
  if (!pkg) return { kind: 'package' };
  const door = `./${rest.join('/')}`;
  for (const [pattern, file] of Object.entries(pkg.exports)) {
    const [head = '', tail] = pattern.split('*');
    if (tail === undefined ? door === pattern : door.startsWith(head) && door.endsWith(tail)) {
      const star = door.slice(head.length, door.length - (tail ?? '').length);
      return { kind: 'file', path: path.posix.join(pkg.dir, file.replace('*', star)) };
    }
  }
  return { kind: 'missing', why: `is no door of ${scope}/${name}` };
}

function roomOf(file: string, rooms: readonly Room[]): Room | undefined {
  return rooms.filter((room) => file.startsWith(room.path)).sort((a, b) => b.path.length - a.path.length)[0];
}

function arrowsOf(rooms: readonly Room[]): Map<string, readonly string[]> {
  return new Map(rooms.map(({ path, mayImport, typesOnly = [] }) => [path, [...mayImport, ...typesOnly]]));
}

function roomBreach(from: string, to: string, used: Import, rooms: readonly Room[]): string[] {
  const room = roomOf(from, rooms);
  const target = roomOf(to, rooms);
  if (!room || !target || room === target) return [];
  if (room.mayImport.includes(target.path)) return [];
  if (room.typesOnly?.includes(target.path)) {
    return used.typeOnly ? [] : [`${from}: may import only types from ${target.path} ("${used.specifier}")`];
  }
  return [`${from}: ${room.path} may not import from ${target.path} ("${used.specifier}")`];
}

function packageBreach(from: string, room: Room | undefined, specifier: string): string[] {
  if (!room?.pure || room.packages?.includes(specifier)) return [];
  return [`${from}: ${room.path} is pure and may not import "${specifier}"`];
}

/** Files that no row holds, and files in folders that no row names where every folder has a row of its own. */
function roomless(files: readonly string[], rooms: readonly Room[]): string[] {
  return files
    .filter((file) => {
      const room = roomOf(file, rooms);
      return !room || (room.flat === true && file.slice(room.path.length).includes('/'));
    })
    .map((file) => `${file}: its folder is no room; name it and what it may import in infra/check`);
}

function strangers(files: readonly string[]): string[] {
  const tops = new Set(files.map((file) => file.split('/')[0] ?? file));
  return [...tops]
    .filter((top) => !TOP_LEVEL.includes(top))
    .map((top) => `${top}: does not belong at the top level`);
}

function vagueNames(files: readonly string[]): string[] {
  return files
    .filter((file) => VAGUE_NAMES.includes(path.posix.basename(file).replace(/\.tsx?$/, '')))
    .map((file) => `${file}: the name says nothing; name it after what it holds`);
}

function overgrown(file: string, text: string, room: Room | undefined): string[] {
  const lines = text.split('\n').length;
  const most = room?.mostLines ?? MAX_LINES;
  if (lines <= most || DATA_TABLES.some((prefix) => file.startsWith(prefix))) return [];
  return [`${file}: ${lines} lines, at most ${most}; split it by concept`];
}

function isTest(file: string): boolean {
  return /(^|\/)(test|bench|browser)\//.test(file);
}

/** The tree below `root`, made of `files` (paths below root). */
export function sourceTree(root: string, files: readonly string[]): SourceTree {
  const packages = new Map<string, { dir: string; exports: Record<string, string> }>();
  for (const dir of new Set(files.map((file) => file.split('/')[0] ?? ''))) {
    const manifest = path.join(root, dir, 'package.json');
    if (!existsSync(manifest)) continue;
    const { name, exports = {} } = JSON.parse(readFileSync(manifest, 'utf8')) as {
      name: string;
      exports?: Record<string, string>;
    };
    packages.set(name, { dir, exports });
  }
  return { files, packages, read: (file) => readFileSync(path.join(root, file), 'utf8') };
}
