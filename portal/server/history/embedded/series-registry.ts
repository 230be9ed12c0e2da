/** Which series a field of a line belongs to: made when new, refused when its type differs from the first one's. */
import type { DatabaseSync } from 'node:sqlite';
import { type LineField, parseHead } from '../line-protocol.ts';
import { kindOf, type SeriesKind } from './summary.ts';

/** Bounds what one site can make of us. */
export const MOST_SERIES_PER_SITE = 5000;

export interface Series {
  readonly id: number;
  readonly type: string;
  readonly kind: SeriesKind;
}

/** Measurement and tags as a site writes them, with the series found so far. */
export interface KnownHead {
  readonly site: string;
  readonly measurement: string;
  readonly tags: ReadonlyMap<string, string>;
  readonly fields: Map<string, Series>;
}

export class SeriesRegistry {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #sites = new Map<string, Map<string, KnownHead>>();
  readonly #byId = new Map<number, Series>();

  constructor(db: DatabaseSync) {
    this.#statements = prepare(db);
  }

  /** @throws LineError when the head is none. */
  head(site: string, written: string): KnownHead {
    let heads = this.#sites.get(site);
    if (!heads || heads.size > MOST_SERIES_PER_SITE) {
      heads = new Map();
      this.#sites.set(site, heads);
    }
    let head = heads.get(written);
    if (!head) {
      head = { site, ...parseHead(written), fields: new Map() };
      heads.set(written, head);
    }
    return head;
  }

  /** The series of a field; a text is the reason why it cannot be taken, as InfluxDB words it. */
  series(head: KnownHead, field: LineField): Series | string {
    const series = head.fields.get(field.name) ?? this.#find(head, field);
    if (typeof series === 'string' || series.type === field.type) return series;
    return (
      `field type conflict: input field "${field.name}" on measurement "${head.measurement}" ` +
      `is type ${field.type}, already exists as type ${series.type}`
    );
  }

  /** A series that was given out before, in this run or an earlier one. */
  known(id: number): Series {
    let series = this.#byId.get(id);
    if (!series) {
      const row = this.#statements.byId.get(id);
      series = seriesOf(id, String(row?.field), String(row?.type));
      this.#byId.set(id, series);
    }
    return series;
  }

  /** After a rollback: what is in memory may not be on disk. */
  forget(site: string): void {
    this.#sites.delete(site);
    this.#byId.clear();
  }

  #find(head: KnownHead, field: LineField): Series | string {
    const where = [head.site, head.measurement, canonicalTags(head.tags), field.name] as const;
    let row = this.#statements.find.get(...where);
    if (!row) {
      const count = Number(this.#statements.count.get(head.site)?.n);
      if (count >= MOST_SERIES_PER_SITE) return `max-series limit exceeded: ${MOST_SERIES_PER_SITE}`;
      this.#statements.add.run(...where, field.type);
      row = this.#statements.find.get(...where);
    }
    const series = seriesOf(Number(row?.id), field.name, String(row?.type));
    this.#byId.set(series.id, series);
    head.fields.set(field.name, series);
    return series;
  }
}

function prepare(db: DatabaseSync) {
  return {
    find: db.prepare(
      'SELECT id, type FROM series WHERE site = ? AND measurement = ? AND tags = ? AND field = ?',
    ),
    byId: db.prepare('SELECT field, type FROM series WHERE id = ?'),
    count: db.prepare('SELECT count(*) AS n FROM series WHERE site = ?'),
    add: db.prepare('INSERT INTO series (site, measurement, tags, field, type) VALUES (?, ?, ?, ?, ?)'),
  };
}

function seriesOf(id: number, field: string, type: string): Series {
  return { id, type, kind: kindOf(field) };
}

/** The order of tags in a line means nothing; the site is kept apart. */
function canonicalTags(tags: ReadonlyMap<string, string>): string {
  return JSON.stringify([...tags].filter(([key]) => key !== 'site').sort(([a], [b]) => (a < b ? -1 : 1)));
}
