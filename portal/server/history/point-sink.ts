/** Where the points of the boxes go. */
import type { LinePoint } from './line-protocol.ts';

export interface WriteResult {
  readonly values: number;
  /** Points that were not taken, by reason as InfluxDB words it. */
  readonly dropped: ReadonlyMap<string, number>;
  /** Why nothing of the request was written. */
  readonly refused?: string;
}

export interface PointSink {
  write(site: string, points: readonly LinePoint[]): Promise<WriteResult>;
}
