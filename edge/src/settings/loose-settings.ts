/** Settings whose shape may be wrong elsewhere, read tolerantly for checks of what lies around a mistake. */
import { type LocatedProblem, type Path, pathText } from './settings-problem.ts';

export type Loose = Record<string, unknown>;

export function problem(at: Path, message: string, remedy: string): LocatedProblem {
  return { path: pathText(at), at, message, remedy };
}

export interface Entry {
  readonly at: Path;
  readonly value: Loose;
}

export function list(site: Loose, ...path: string[]): Entry[] {
  let value: unknown = site;
  for (const part of path) value = isRecord(value) ? value[part] : undefined;
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry, i) => (isRecord(entry) ? [{ at: [...path, i], value: entry }] : []));
}

export function isRecord(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
