/** A meter that speaks on the home bus: any signals, each with its unit in its name (`gridPowerW`, `gridImportWh`). */
import * as z from 'zod';
import { count, finite, version } from './schema.ts';

export const meterReading = z.object({
  v: version,
  /** Counts readings since the meter started, so that a repeated one is seen. */
  seq: count,
  signals: z.record(
    z.string().regex(/^[a-z][A-Za-z0-9]*(W|Wh|V|A|Hz|Pct|C|Var|VA|Count)$/),
    finite.nullable(),
  ),
});
export type MeterReading = z.infer<typeof meterReading>;
