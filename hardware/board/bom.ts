/** The bill of materials: one row a part, its references in natural order. CSV with a header, RFC 4180. */
import { partOf, type Schematic } from './netlist.ts';

export interface BomRow {
  readonly refs: readonly string[];
  readonly value: string;
  readonly description: string;
  readonly manufacturer: string;
  readonly mpn: string;
}

export function bomRows(schematic: Schematic): readonly BomRow[] {
  const byPart = new Map<string, string[]>();
  for (const { part, ref } of schematic.components) byPart.set(part, [...(byPart.get(part) ?? []), ref]);
  return [...byPart.values()].flatMap((refs) => {
    const first = schematic.components.find((c) => c.ref === refs[0]);
    if (!first) return [];
    const { value, description, manufacturer, mpn } = partOf(schematic, first);
    return [{ refs: [...refs].sort(natural), value, description, manufacturer, mpn }];
  });
}

/** For the order forms of part dealers, which read it by machine: no text of it is anybody's but ours. */
export function bomCsv(schematic: Schematic): string {
  const rows = bomRows(schematic).map((r) => [
    String(r.refs.length),
    r.refs.join(' '),
    r.value,
    r.description,
    r.manufacturer,
    r.mpn,
  ]);
  const header = ['quantity', 'references', 'value', 'description', 'manufacturer', 'part number'];
  return `${[header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

function natural(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function cell(words: string): string {
  return /[",\r\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words;
}
