/** What the latch looks at: the newest words of meters, inverters and boards, however they were had. */
import type { Presence } from '../drive/board-driver.ts';
import type { ReportedChannel } from '../drive/relay-channel.ts';

export interface Readings {
  /** When the values were true, site time on the monotonic clock: the start of the question, not the answer. */
  readonly atMonoMs: number;
  /** Values by point name with its unit; null is the device's own "not available". */
  readonly values: Readonly<Record<string, number | null>>;
}

export interface ReadingSource {
  /** The newest readings, null before the first. */
  readings(): Readings | null;
}

/** What a board has told. */
export interface BoardSight {
  presence(): Presence;
  channel(channel: number): { readonly reported: ReportedChannel | null } | undefined;
  /** The board's own measurement of a channel, in watts; null when it has none. */
  measuredW(channel: number): number | null;
}

/** By the ids of the site settings. */
export interface Sources {
  readonly meters: ReadonlyMap<string, { readonly source: ReadingSource }>;
  readonly inverters: ReadonlyMap<string, { readonly source: ReadingSource }>;
  readonly boards: ReadonlyMap<string, BoardSight>;
}
