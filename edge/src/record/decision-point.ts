/** A journal record as a point of the history: measurement `decision`. */
import type { Point } from '../outbox/point.ts';
import type { JournalRecord } from './store.ts';

export function decisionPoint(site: string, record: JournalRecord): Point {
  return {
    measurement: 'decision',
    tags: { site, actuator: record.actuator },
    fields: {
      seq: BigInt(record.seq),
      outcome: record.outcome,
      code: record.reason.code,
      reasonJson: JSON.stringify(record.reason),
      homeMode: record.homeMode,
    },
  };
}
