/**
 * Reads InfluxDB line protocol, strictly: `measurement,tag=value field=1.5,other=2i 1700000000000`.
 * https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
 */

import { isOwnError, OwnError } from '../own-error.ts';

export const PRECISIONS = ['ns', 'us', 'ms', 's'] as const;
export type Precision = (typeof PRECISIONS)[number];

export type FieldType = 'float' | 'integer' | 'unsigned' | 'boolean' | 'string';
export interface LineField {
  readonly name: string;
  readonly type: FieldType;
  /** Booleans as 0 and 1. */
  readonly value: number | string;
}

export interface LinePoint {
  /** Measurement and tags as written: equal heads mean equal series. */
  readonly head: string;
  readonly fields: readonly LineField[];
  /** Epoch ms. */
  readonly atMs: number;
}

export class LineError extends OwnError {
  constructor(line: string, why: string) {
    super('LineError', `unable to parse '${line.slice(0, 200)}': ${why}`);
  }
}

export function isLineError(error: unknown): error is LineError {
  return isOwnError(error, 'LineError');
}

/**
 * @param nowMs for lines without a timestamp.
 * @throws LineError at the first line that is not line protocol.
 */
export function parseLines(text: string, precision: Precision, nowMs: number): LinePoint[] {
  const points: LinePoint[] = [];
  let start = 0;
  while (start < text.length) {
    const end = lineEnd(text, start);
    const line = text.slice(start, end).trim();
    start = end + 1;
    if (line !== '' && !line.startsWith('#')) points.push(parseLine(line, precision, nowMs));
  }
  return points;
}

/** A line break inside a quoted string does not end the line. */
function lineEnd(text: string, start: number): number {
  const end = text.indexOf('\n', start);
  const quote = text.indexOf('"', start);
  if (end === -1) return text.length;
  if (quote === -1 || quote > end) return end;
  let quoted = false;
  for (let i = start; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === BACKSLASH) i += 1;
    else if (char === QUOTE) quoted = !quoted;
    else if (char === NEWLINE && !quoted) return i;
  }
  return text.length;
}

const BACKSLASH = 92;
const QUOTE = 34;
const NEWLINE = 10;
const SPACE = 32;
const COMMA = 44;
const EQUALS = 61;

function parseLine(line: string, precision: Precision, nowMs: number): LinePoint {
  const headEnd = unescaped(line, 0, SPACE);
  if (headEnd === -1) throw new LineError(line, 'missing fields');
  if (headEnd === 0 || line.charCodeAt(0) === COMMA) throw new LineError(line, 'missing measurement');
  const fields: LineField[] = [];
  let at = headEnd + 1;
  for (;;) {
    const equals = unescaped(line, at, EQUALS);
    if (equals <= at) throw new LineError(line, 'missing field key');
    const end = valueEnd(line, equals + 1);
    fields.push(parseField(line, plain(line.slice(at, equals)), line.slice(equals + 1, end)));
    at = end + 1;
    if (line.charCodeAt(end) !== COMMA) break;
  }
  const stamp = line.slice(at).trim();
  return {
    head: line.slice(0, headEnd),
    fields,
    atMs: stamp === '' ? nowMs : parseStamp(line, stamp, precision),
  };
}

function unescaped(line: string, from: number, wanted: number): number {
  for (let i = from; i < line.length; i += 1) {
    const char = line.charCodeAt(i);
    if (char === BACKSLASH) i += 1;
    else if (char === wanted) return i;
  }
  return -1;
}

function valueEnd(line: string, from: number): number {
  let i = from;
  if (line.charCodeAt(i) === QUOTE) {
    for (i += 1; i < line.length && line.charCodeAt(i) !== QUOTE; i += 1) {
      if (line.charCodeAt(i) === BACKSLASH) i += 1;
    }
    if (i >= line.length) throw new LineError(line, 'unbalanced quotes');
    i += 1;
    if (i < line.length && line.charCodeAt(i) !== COMMA && line.charCodeAt(i) !== SPACE) {
      throw new LineError(line, 'invalid field format');
    }
    return i;
  }
  while (i < line.length && line.charCodeAt(i) !== COMMA && line.charCodeAt(i) !== SPACE) i += 1;
  return i;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d{1,19}$/;

function parseField(line: string, name: string, text: string): LineField {
  const last = text.charCodeAt(text.length - 1);
  if (text === '') throw new LineError(line, 'missing field value');
  if (last === QUOTE) {
    return { name, type: 'string', value: text.slice(1, -1).replace(/\\(["\\])/g, '$1') };
  }
  if (/^(?:t|T|true|True|TRUE)$/.test(text)) return { name, type: 'boolean', value: 1 };
  if (/^(?:f|F|false|False|FALSE)$/.test(text)) return { name, type: 'boolean', value: 0 };
  const suffix = text[text.length - 1];
  const body = text.slice(0, -1);
  if (suffix === 'i' && INTEGER.test(body)) return { name, type: 'integer', value: Number(body) };
  if (suffix === 'u' && /^\d{1,20}$/.test(body)) return { name, type: 'unsigned', value: Number(body) };
  if (!NUMBER.test(text) || !Number.isFinite(Number(text))) throw new LineError(line, 'invalid number');
  return { name, type: 'float', value: Number(text) };
}

/** Digits that a unit has below the millisecond. */
const SUB_MS_DIGITS: Readonly<Record<Exclude<Precision, 's'>, number>> = { ns: 6, us: 3, ms: 0 };
/** Year 2262: what InfluxDB's 64-bit nanoseconds can hold. */
const LAST_MS = 9_223_372_036_854;

function parseStamp(line: string, stamp: string, precision: Precision): number {
  if (!/^-?\d{1,19}$/.test(stamp)) throw new LineError(line, 'bad timestamp');
  const atMs = precision === 's' ? Number(stamp) * 1000 : wholeMs(stamp, SUB_MS_DIGITS[precision]);
  if (Math.abs(atMs) > LAST_MS) throw new LineError(line, 'time outside range');
  return atMs;
}

function wholeMs(stamp: string, digits: number): number {
  if (digits === 0) return Number(stamp);
  if (stamp.startsWith('-')) return Number(BigInt(stamp) / 10n ** BigInt(digits));
  return Number(stamp.slice(0, -digits) || '0');
}

function plain(text: string): string {
  return text.includes('\\') ? text.replace(/\\([,= \\])/g, '$1') : text;
}

/** Measurement and tags of a head. @throws LineError when a tag has no value or comes twice. */
export function parseHead(head: string): {
  readonly measurement: string;
  readonly tags: ReadonlyMap<string, string>;
} {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const comma = unescaped(head, at, COMMA);
    parts.push(head.slice(at, comma === -1 ? undefined : comma));
    if (comma === -1) break;
    at = comma + 1;
  }
  const tags = new Map<string, string>();
  for (const part of parts.slice(1)) {
    const equals = unescaped(part, 0, EQUALS);
    const key = plain(part.slice(0, Math.max(0, equals)));
    const value = plain(part.slice(equals + 1));
    if (equals <= 0) throw new LineError(head, 'missing tag key');
    if (value === '') throw new LineError(head, 'missing tag value');
    if (tags.has(key)) throw new LineError(head, 'duplicate tags');
    tags.set(key, value);
  }
  return { measurement: plain(parts[0] ?? ''), tags };
}
