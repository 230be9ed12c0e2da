/**
 * A point of history and its line protocol. The time of a point is the time of its cycle, in milliseconds;
 * it is given once, when the point is made, so that sending it twice changes nothing.
 * Source: InfluxDB v2 line protocol (escaping of measurement, tag and string field; `i` marks an integer).
 */

/** A number is a float field, a bigint an integer field. */
export type FieldValue = number | bigint | boolean | string;

export interface Point {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Fields that are null, undefined, NaN or infinite are left out; a point without any field is not written. */
  readonly fields: Readonly<Record<string, FieldValue | null | undefined>>;
}

/** The line of `point` at `timeMs` (whole milliseconds), or undefined when no field is left. */
export function encodeLine(point: Point, timeMs: number): string | undefined {
  let fields = '';
  for (const key in point.fields) {
    const text = encodeField(point.fields[key]);
    if (text === undefined) continue;
    fields += `${fields === '' ? '' : ','}${escapeKey(key)}=${text}`;
  }
  if (fields === '') return undefined;
  return `${seriesKey(point)} ${fields} ${Math.round(timeMs)}`;
}

function seriesKey(point: Point): string {
  let series = point.measurement.replace(/[\\\n]/g, '_').replace(/[, ]/g, '\\$&');
  for (const key of Object.keys(point.tags).sort()) {
    const value = point.tags[key];
    if (value !== undefined && value !== '') series += `,${escapeKey(key)}=${escapeKey(value)}`;
  }
  return series;
}

function escapeKey(text: string): string {
  return text.replace(/[\\\n]/g, '_').replace(/[,= ]/g, '\\$&');
}

function encodeField(value: FieldValue | null | undefined): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? String(value) : undefined;
    case 'bigint':
      return `${value}i`;
    case 'boolean':
      return value ? 'true' : 'false';
    case 'string':
      return `"${value.replace(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
    default:
      return undefined;
  }
}
