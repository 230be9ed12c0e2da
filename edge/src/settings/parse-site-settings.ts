/**
 * From the text of a `site.yaml` to settings, or to the list of everything that is wrong with it.
 *
 * All mistakes are reported at once, each with its path, its line where it has one, and what to do about it.
 */
import { LineCounter, parseDocument } from 'yaml';
import type * as z from 'zod';
import { crossChecks } from './cross-checks.ts';
import { knownKeys, nearest, schemaAt } from './schema-walk.ts';
import { type LocatedProblem, type Path, pathText, type SettingsProblem } from './settings-problem.ts';
import { type SiteSettings, siteSettings } from './site-settings.ts';

export type ParsedSettings =
  | { readonly ok: true; readonly settings: SiteSettings }
  | { readonly ok: false; readonly problems: readonly SettingsProblem[] };

/** Reads and checks a whole `site.yaml`. Never throws. */
export function parseSiteSettings(yamlText: string): ParsedSettings {
  const lines = new LineCounter();
  const document = parseDocument(yamlText, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    const problems = document.errors.map((error) => ({
      path: '',
      line: lines.linePos(error.pos[0]).line,
      message: `not readable as YAML: ${error.message}`,
      remedy: 'mend the indentation, quotes or brackets on this line',
    }));
    return { ok: false, problems };
  }
  const lineOf = (path: Path): number | null => {
    const node = document.getIn([...path], true);
    const start = isNode(node) ? node.range?.[0] : undefined;
    return start === undefined ? null : lines.linePos(start).line;
  };
  const checked = checkSiteSettings(document.toJS());
  if (checked.ok) return checked;
  return { ok: false, problems: checked.problems.map(({ at, ...rest }) => ({ ...rest, line: lineOf(at) })) };
}

/** Checks settings that are data already, e.g. from a settings request. */
export function checkSiteSettings(
  data: unknown,
): { ok: true; settings: SiteSettings } | { ok: false; problems: LocatedProblem[] } {
  const result = siteSettings.safeParse(data);
  if (!result.success) {
    const problems = result.error.issues.flatMap((issue) => explained(issue, data));
    // References are only worth checking where the shape is right; look at them too when it can be read.
    return { ok: false, problems: [...problems, ...crossChecks(data)] };
  }
  const problems = crossChecks(result.data);
  return problems.length === 0 ? { ok: true, settings: result.data } : { ok: false, problems };
}

function explained(issue: z.core.$ZodIssue, data: unknown): LocatedProblem[] {
  const path = pathText(issue.path);
  const at = issue.path;
  const field = schemaAt(issue.path);
  const unit = field.unit === undefined ? '' : ` ${field.unit}`;
  const about = field.description === undefined ? '' : ` (${field.description})`;
  const value = valueAt(data, issue.path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const known = knownKeys(issue.path);
      const guess = nearest(key, known);
      return {
        path: pathText([...issue.path, key]),
        at: [...issue.path, key],
        message: `there is no setting "${key}" here`,
        remedy: guess ? `write "${guess}" if that is meant` : `remove it; known here: ${known.join(', ')}`,
      };
    });
  }
  if (value === undefined) {
    return [{ path, at, message: 'is missing', remedy: `add it${about}${rangeText(field, unit)}` }];
  }
  if (issue.code === 'too_small' || issue.code === 'too_big') {
    const side = issue.code === 'too_small' ? 'too small' : 'too large';
    const remedy = `choose a value${rangeText(field, unit)}${about}`;
    return [{ path, at, message: `${shown(value)}${unit} is ${side}`, remedy }];
  }
  if (field.options !== undefined) {
    const guess = typeof value === 'string' ? nearest(value, field.options) : undefined;
    const remedy = guess ? `write "${guess}" if that is meant` : `one of: ${field.options.join(', ')}`;
    return [{ path, at, message: `${shown(value)} is not possible here`, remedy }];
  }
  if (issue.code === 'invalid_type') {
    const remedy = `give a ${issue.expected}${rangeText(field, unit)}${about}`;
    return [{ path, at, message: `${shown(value)} is not a ${issue.expected}`, remedy }];
  }
  return [{ path, at, message: `${shown(value)} does not fit`, remedy: `see what is expected${about}` }];
}

function rangeText(field: { minimum?: number; maximum?: number }, unit: string): string {
  if (field.minimum === undefined || field.maximum === undefined) return '';
  return ` from ${field.minimum} to ${field.maximum}${unit}`;
}

function shown(value: unknown): string {
  return typeof value === 'object' ? 'what stands here' : JSON.stringify(value);
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<PropertyKey, unknown>)[part];
  }
  return value;
}

function isNode(value: unknown): value is { range?: [number, number, number] | null } {
  return typeof value === 'object' && value !== null && 'range' in value;
}
