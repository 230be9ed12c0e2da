/**
 * Holds the code against the table of rooms: forbidden imports, circles, vague names, overgrown files, strangers at
 * the top level. Imports are read as text, so it needs no compiler and takes well under a second.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DATA_TABLES, MAX_LINES, ROOMS, type Room, TOP_LEVEL, VAGUE_NAMES } from './rooms.ts';

export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

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

const IMPORT = /^\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** The imports of a source text; `import { type A }` counts as an import of values. */
export function importsOf(source: string): Import[] {
  const found: Import[] = [];
  for (const [, , type, specifier] of source.matchAll(IMPORT)) {
    if (specifier) found.push({ specifier, typeOnly: type !== undefined });
  }
  for (const [, specifier] of source.matchAll(DYNAMIC_IMPORT)) {
    if (specifier) found.push({ specifier, typeOnly: false });
  }
  return found;
}

/** Every breach in the tree, one sentence each, empty when all is well. */
export function breaches(tree: SourceTree): string[] {
  const sources = tree.files.filter(
    (file) => /\.tsx?$/.test(file) && !isTest(file) && !file.endsWith('.d.ts'),
  );
  const known = new Set(tree.files);
  const graph = new Map<string, string[]>();
  const problems = [...strangers(tree.files), ...vagueNames(sources)];
  for (const file of sources) {
    const text = tree.read(file);
    problems.push(...overgrown(file, text));
    const targets: string[] = [];
    for (const used of importsOf(text)) {
      const target = resolveImport(file, used.specifier, tree, known);
      if (target.kind === 'missing') problems.push(`${file}: "${used.specifier}" ${target.why}`);
      if (target.kind === 'package') problems.push(...packageBreach(file, used.specifier));
      if (target.kind === 'file') {
        targets.push(target.path);
        problems.push(...roomBreach(file, target.path, used));
      }
    }
    graph.set(file, targets);
  }
  return [...problems, ...circles(graph)];
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

function roomOf(file: string): Room | undefined {
  return ROOMS.filter((room) => file.startsWith(room.path)).sort((a, b) => b.path.length - a.path.length)[0];
}

function roomBreach(from: string, to: string, used: Import): string[] {
  const room = roomOf(from);
  const target = roomOf(to);
  if (!room || !target || room === target) return [];
  if (room.mayImport.includes(target.path)) return [];
  if (room.typesOnly?.includes(target.path)) {
    return used.typeOnly ? [] : [`${from}: may import only types from ${target.path} ("${used.specifier}")`];
  }
  return [`${from}: ${room.path} may not import from ${target.path} ("${used.specifier}")`];
}

function packageBreach(from: string, specifier: string): string[] {
  const room = roomOf(from);
  if (!room?.pure || room.packages?.includes(specifier)) return [];
  return [`${from}: ${room.path} is pure and may not import "${specifier}"`];
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

function overgrown(file: string, text: string): string[] {
  const lines = text.split('\n').length;
  if (lines <= MAX_LINES || DATA_TABLES.some((prefix) => file.startsWith(prefix))) return [];
  return [`${file}: ${lines} lines, at most ${MAX_LINES}; split it by concept`];
}

function isTest(file: string): boolean {
  return /(^|\/)(test|bench|browser)\//.test(file);
}

/** Circles of files, each named once by its members. */
function circles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const trail: string[] = [];
  const visit = (file: string): void => {
    const at = trail.indexOf(file);
    if (at >= 0) {
      found.push(`a circle: ${[...trail.slice(at), file].join(' -> ')}`);
      return;
    }
    if (done.has(file)) return;
    trail.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    trail.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return found;
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
