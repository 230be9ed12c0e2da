/** What the bench runner of the whole project expects of a benchmark. */
export interface Bench {
  readonly name: string;
  readonly unit: string;
  readonly bar: { readonly max?: number; readonly min?: number } | null;
  /** Takes minutes: run only with `--long`. */
  readonly long?: boolean;
  run(): Promise<number>;
}

/** The value below which `share` (0 to 1) of all values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
