/** What the log of a box keeps, and for how long. The outbox has bounds of its own (`outbox/room.ts`). */
const DAY_MS = 86_400_000;

export const RETENTION = {
  /** Recorded cycles, for replays; blocks whose time is unknown go by their number (two days of them). */
  snapshots: { keepMs: 2 * DAY_MS, maxUntimedBlocks: 3_000 },
  /** Events that the portal has acknowledged; of those that wait, the oldest that are no alarms give way first. */
  events: { keepAckedMs: 30 * DAY_MS, maxWaiting: 10_000 },
  /** About ten years of a lively home; the oldest go first, the chain then starts at the last one removed. */
  journal: { maxRecords: 1_000_000 },
  /** Closed quarters of an hour of the ledger: two years, some 30 MB. */
  slots: { keepMs: 750 * DAY_MS },
  /** Minutes are kept for ever; what is older than the loose rows is packed by the day. */
  minutes: { looseRows: 2_880 },
} as const;
