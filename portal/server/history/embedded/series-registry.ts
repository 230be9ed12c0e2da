/** Which series a field of a line belongs to: made when new, refused when its type differs from the first one's. */
import type { DatabaseSync } from 'node:sqlite';
import { inPieces } from '../../bounds/pieces.ts';
import { type LineField, parseHead } from '../line-protocol.ts';
import { kindOf, type SeriesKind } from '../summary.ts';

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
      const own = ownCopy(written);
      head = { site, ...parseHead(own), fields: new Map() };
      heads.set(own, head);
    }
    return head;
  }

  /** The series of a field; a text is the reason why it cannot be taken, as InfluxDB words it. */
  series(head: KnownHead, field: LineField): Series | string {
    const series = head.fields.get(field.name) ?? this.#find(head, field);
    if (series.type === field.type) return series;
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

  /**
   * Looked at before anything of a request is written, so that one request does not use up for good what a site may
   * have. @returns how many of the fields are no series yet and why that is too many, or null.
   */
  async refusal(
    site: string,
    fields: Iterable<readonly [head: KnownHead, name: string]>,
  ): Promise<string | null> {
    const seen = new Map<KnownHead, Set<string>>();
    const added = new Set<string>();
    await inPieces(fields, ([head, name]) => {
      if (head.fields.has(name)) return;
      const names = seen.get(head) ?? new Set();
      seen.set(head, names);
      if (names.has(name)) return;
      names.add(name);
      const where = whereOf(head, name);
      if (!this.#statements.find.get(...where)) added.add(JSON.stringify(where));
    });
    if (added.size === 0) return null;
    const before = Number(this.#statements.count.get(site)?.n);
    if (before + added.size <= MOST_SERIES_PER_SITE) return null;
    return (
      `max-series limit exceeded: the site has ${before} of ${MOST_SERIES_PER_SITE} series, ` +
      `this request would add ${added.size}; nothing of it was written`
    );
  }

  #find(head: KnownHead, { name, type }: LineField): Series {
    const where = whereOf(head, name);
    let row = this.#statements.find.get(...where);
    if (!row) {
      this.#statements.add.run(...where, type);
      row = this.#statements.find.get(...where);
    }
    const series = seriesOf(Number(row?.id), name, String(row?.type));
    this.#byId.set(series.id, series);
    head.fields.set(ownCopy(name), series);
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

/** A part of a text keeps the whole of it in memory, here a request of megabytes: what stays is copied. */
function ownCopy(text: string): string {
  return Buffer.from(text).toString();
}

function whereOf(head: KnownHead, field: string): readonly [string, string, string, string] {
  return [head.site, head.measurement, canonicalTags(head.tags), field];
}

/** The order of tags in a line means nothing; the site is kept apart. */
function canonicalTags(tags: ReadonlyMap<string, string>): string {
  return JSON.stringify([...tags].filter(([key]) => key !== 'site').sort(([a], [b]) => (a < b ? -1 : 1)));
}
