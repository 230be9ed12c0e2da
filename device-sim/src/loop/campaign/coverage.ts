/** What the seeds have covered: which invariants were looked at in runs in which a fault struck. */
import { FAULT_CLASSES } from './faults.ts';
import type { SeedResult } from './run-seed.ts';

const NAME_WIDTH = Math.max(...FAULT_CLASSES.map((kind) => kind.length));
const CELL_WIDTH = 5;

/** A row for each fault class, a column for each invariant; in a cell the seeds that had both. */
export function coverageMatrix(results: readonly SeedResult[]): string[] {
  const invariants = [...new Set(results.flatMap(({ checks }) => Object.keys(checks)))].sort(byNumber);
  const head = ['seeds with', ...invariants];
  const rows = FAULT_CLASSES.map((kind) => {
    const struck = results.filter(({ faults }) => (faults[kind] ?? 0) > 0);
    return [kind, ...invariants.map((name) => struck.filter(({ checks }) => (checks[name] ?? 0) > 0).length)];
  });
  return [head, ...rows].map(([name, ...cells]) =>
    [String(name).padEnd(NAME_WIDTH), ...cells.map((cell) => String(cell).padStart(CELL_WIDTH))].join(''),
  );
}

/** Classes that struck in none of the seeds. */
export function neverStruck(results: readonly SeedResult[]): readonly string[] {
  return FAULT_CLASSES.filter((kind) => results.every(({ faults }) => (faults[kind] ?? 0) === 0));
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}
