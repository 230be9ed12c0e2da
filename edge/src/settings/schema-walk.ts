/** What the schema says about one path of the settings: its keys, range, unit and description. */
import * as z from 'zod';
import { siteSettings } from './site-settings.ts';

export interface FieldFacts {
  readonly description?: string;
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly preset?: unknown;
  readonly options?: readonly string[];
}

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Record<string, JsonSchema>;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly unit?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

let cached: JsonSchema | undefined;

function root(): JsonSchema {
  cached ??= z.toJSONSchema(siteSettings, { io: 'input', reused: 'inline' }) as JsonSchema;
  return cached;
}

/** The facts of the field at `path`; empty for a path the schema does not know. */
export function schemaAt(path: readonly PropertyKey[]): FieldFacts {
  const variants = variantsAt(path);
  const facts: Record<string, unknown> = {};
  const options: string[] = [];
  for (const variant of variants) {
    for (const key of ['description', 'unit', 'minimum', 'maximum'] as const) {
      if (facts[key] === undefined && variant[key] !== undefined) facts[key] = variant[key];
    }
    if (facts.preset === undefined && variant.default !== undefined) facts.preset = variant.default;
    for (const option of variant.enum ?? (variant.const === undefined ? [] : [variant.const])) {
      options.push(String(option));
    }
  }
  if (options.length > 0) facts.options = options;
  return facts;
}

/** The keys that may stand at `path`. */
export function knownKeys(path: readonly PropertyKey[]): string[] {
  return [...new Set(variantsAt(path).flatMap((variant) => Object.keys(variant.properties ?? {})))];
}

/** Every field with a value of its own, as `[path, facts]`; list entries as `[]`. */
export function allFields(): [string, FieldFacts][] {
  const out: [string, FieldFacts][] = [];
  const seen = new Set<string>();
  const visit = (path: string, schema: JsonSchema, described: JsonSchema): void => {
    for (const variant of spread(schema)) {
      for (const [key, child] of Object.entries(variant.properties ?? {})) {
        const at = path === '' ? key : `${path}.${key}`;
        const inner = spread(child);
        const isBranch = inner.some((v) => v.properties !== undefined || v.items !== undefined);
        if (!isBranch && !seen.has(at)) {
          seen.add(at);
          out.push([at, schemaAt(at.replaceAll('[]', '.0').split('.').map(segment))]);
        }
        for (const v of inner) {
          if (v.items) visit(`${at}[]`, v.items, described);
        }
        if (isBranch) visit(at, child, described);
      }
    }
  };
  visit('', root(), root());
  return out;
}

function segment(text: string): PropertyKey {
  return text === '0' ? 0 : text;
}

function variantsAt(path: readonly PropertyKey[]): JsonSchema[] {
  let variants = spread(root());
  for (const part of path) {
    variants = variants.flatMap((variant) => {
      const child = typeof part === 'number' ? variant.items : variant.properties?.[String(part)];
      return child ? spread(child) : [];
    });
  }
  return variants;
}

/** A schema and the alternatives below it; what stands beside `anyOf` (unit, description) goes first. */
function spread(schema: JsonSchema): JsonSchema[] {
  const inner = schema.anyOf ?? schema.oneOf;
  return inner ? [schema, ...inner.flatMap(spread)] : [schema];
}

/** The known word nearest to a mistyped one, if it is near at all. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) {
      bestDistance = distance;
      best = candidate;
    }
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
