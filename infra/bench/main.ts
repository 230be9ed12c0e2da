/**
 * `npm run bench [-- NAME ...] [-- --long] [-- --json]`: every number the project promises, measured.
 * A benchmark is a file `<room>/bench/*.bench.ts` that exports `benches`. Without `--long` the long ones are left out.
 */
import { globSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

interface Bench {
  readonly name: string;
  readonly unit: string;
  /** What the value must not exceed, or must reach; null where the number is only shown. */
  readonly bar: { readonly max?: number; readonly min?: number } | null;
  /** Takes minutes: run only with `--long`. */
  readonly long?: boolean;
  run(): Promise<number>;
}

interface Row {
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  readonly bar: string;
  readonly ok: boolean;
  readonly problem?: string;
}

const root = path.resolve(import.meta.dirname, '../..');
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { long: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});

const rows: Row[] = [];
for (const bench of await wanted()) {
  const row = await measured(bench);
  rows.push(row);
  if (!values.json) print(row);
}
if (values.json) console.log(JSON.stringify(rows, null, 2));
process.exit(rows.every(({ ok }) => ok) ? 0 : 1);

async function wanted(): Promise<Bench[]> {
  const files = globSync('{hardware,broker,edge,device-sim,portal,infra}/bench/*.bench.ts', {
    cwd: root,
  }).sort();
  const all: Bench[] = [];
  for (const file of files) {
    const { benches } = (await import(path.join(root, file))) as { benches: readonly Bench[] };
    all.push(...benches);
  }
  const named = all.filter(
    ({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)),
  );
  if (named.length === 0) {
    console.error(
      `No benchmark is named like ${positionals.join(', ')}. There are: ${all.map(({ name }) => name).join(', ')}`,
    );
    process.exit(2);
  }
  return named.filter(({ long }) => values.long || !long);
}

async function measured(bench: Bench): Promise<Row> {
  const { name, unit } = bench;
  const bar = barText(bench);
  try {
    const value = await bench.run();
    return { name, value, unit, bar, ok: withinBar(bench, value) };
  } catch (error) {
    return {
      name,
      value: null,
      unit,
      bar,
      ok: false,
      problem: error instanceof Error ? error.message : String(error),
    };
  }
}

function withinBar({ bar }: Bench, value: number): boolean {
  if (!Number.isFinite(value)) return false;
  if (!bar) return true;
  return (bar.max === undefined || value <= bar.max) && (bar.min === undefined || value >= bar.min);
}

function barText({ bar }: Bench): string {
  if (bar?.max !== undefined) return `<= ${bar.max}`;
  return bar?.min === undefined ? '' : `>= ${bar.min}`;
}

function print({ name, value, unit, bar, ok, problem }: Row): void {
  const figure = value === null ? 'failed' : Number(value.toPrecision(4)).toString();
  console.log(
    `${ok ? 'ok    ' : 'MISSED'} ${name.padEnd(56)} ${figure.padStart(10)} ${unit.padEnd(8)} ${bar}`,
  );
  if (problem) console.log(`       ${problem}`);
}
