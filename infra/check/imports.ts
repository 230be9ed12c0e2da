/** The imports of a source text, read as text: it needs no compiler and takes well under a second for everything. */
export interface Import {
  readonly specifier: string;
  readonly typeOnly: boolean;
}

const IMPORT = /^\s*(import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?['"]([^'"]+)['"]/gm;
const DYNAMIC_IMPORT = /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g;

/** `import { type A }` counts as an import of values: it stays one in what is built. */
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
