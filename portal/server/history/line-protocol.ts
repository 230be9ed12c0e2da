/**
 * Reads InfluxDB line protocol, strictly: `measurement,tag=value field=1.5,other=2i 1700000000000`.
 * https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/
 */

import { isOwnError, OwnError } from '../problems/own-error.ts';

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

/** Of measurement and tags as written; the boxes' own are below 200. */
const MOST_HEAD_CHARS = 1000;
/** Of a point; the boxes' own are below 50. */
const MOST_FIELDS = 1000;

/**
 * The one reader of a request: where a line ends, what is quoted and what is escaped is decided here and nowhere else.
 * As in InfluxDB a quote means something at the beginning of a field's value only, and a separator counts unless a
 * backslash stands before it.
 * @param nowMs for lines without a timestamp.
 * @throws LineError at the first line that is not line protocol.
 */
export function parseLines(text: string, precision: Precision, nowMs: number): LinePoint[] {
  return [...readPoints(text, precision, nowMs)];
}

/** As `parseLines`, point by point. */
export function* readPoints(text: string, precision: Precision, nowMs: number): Generator<LinePoint> {
  for (let at = lineStart(text, 0); at < text.length; at = lineStart(text, at)) {
    if (text[at] === '#') {
      at = lineBreak(text, at);
      continue;
    }
    const headEnd = endOfHead(text, at);
    const { fields, end } = readFields(text, at, headEnd);
    const stampEnd = lineBreak(text, end);
    const stamp = text.slice(end, stampEnd).trim();
    yield {
      head: text.slice(at, headEnd),
      fields,
      atMs: stamp === '' ? nowMs : parseStamp(lineAt(text, at), stamp, precision),
    };
    at = stampEnd;
  }
}

const BACKSLASH = 92;
const QUOTE = 34;
const NEWLINE = 10;
const RETURN = 13;
const TAB = 9;
const SPACE = 32;
const COMMA = 44;
const EQUALS = 61;

function isBlank(char: number): boolean {
  return char === SPACE || char === TAB || char === RETURN || char === NEWLINE;
}

function lineStart(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text.charCodeAt(at))) at += 1;
  return at;
}

function lineBreak(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end === -1 ? text.length : end;
}

/** For the words of an error. */
function lineAt(text: string, start: number): string {
  return text.slice(start, lineBreak(text, start)).trim();
}

function endOfHead(text: string, start: number): number {
  if (text.charCodeAt(start) === COMMA) throw new LineError(lineAt(text, start), 'missing measurement');
  for (let i = start + 1; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === NEWLINE) break;
    if (char !== SPACE || text.charCodeAt(i - 1) === BACKSLASH) continue;
    if (i - start > MOST_HEAD_CHARS) {
      throw new LineError(lineAt(text, start), `measurement and tags above ${MOST_HEAD_CHARS} characters`);
    }
    return i;
  }
  throw new LineError(lineAt(text, start), 'missing fields');
}

/** @returns the fields and where the timestamp begins. */
function readFields(
  text: string,
  start: number,
  headEnd: number,
): { readonly fields: readonly LineField[]; readonly end: number } {
  const fail = (why: string) => new LineError(lineAt(text, start), why);
  const fields: LineField[] = [];
  let at = headEnd;
  while (text.charCodeAt(at) === SPACE) at += 1;
  for (;;) {
    const equals = endOfKey(text, at);
    if (equals === at) throw fail('missing field key');
    if (equals === -1) throw fail(fields.length === 0 ? 'missing fields' : 'invalid field format');
    const end = endOfValue(text, start, equals + 1);
    const name = fieldKey(text.slice(at, equals));
    fields.push(parseField(name, text.slice(equals + 1, end).trimEnd(), fail));
    if (text.charCodeAt(end) !== COMMA) return { fields, end };
    if (fields.length >= MOST_FIELDS) throw fail(`more than ${MOST_FIELDS} fields`);
    at = end + 1;
  }
}

/** Where its `=` stands; -1 when the line ends before. */
function endOfKey(text: string, from: number): number {
  for (let i = from; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (char === BACKSLASH) i += 1;
    else if (char === EQUALS) return i;
    else if (char === NEWLINE || char === SPACE) return -1;
  }
  return -1;
}

function endOfValue(text: string, start: number, from: number): number {
  let i = from;
  if (text.charCodeAt(i) !== QUOTE) {
    while (i < text.length && !isSeparator(text.charCodeAt(i))) i += 1;
    return i;
  }
  for (i += 1; i < text.length && text.charCodeAt(i) !== QUOTE; i += 1) {
    if (text.charCodeAt(i) === BACKSLASH) i += 1;
  }
  if (i >= text.length) throw new LineError(lineAt(text, start), 'unbalanced quotes');
  i += 1;
  if (i < text.length && !isSeparator(text.charCodeAt(i)) && text.charCodeAt(i) !== RETURN) {
    throw new LineError(lineAt(text, start), 'invalid field format');
  }
  return i;
}

function isSeparator(char: number): boolean {
  return char === COMMA || char === SPACE || char === NEWLINE;
}

const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INTEGER = /^[+-]?\d{1,19}$/;

function parseField(name: string, text: string, fail: (why: string) => LineError): LineField {
  const last = text.charCodeAt(text.length - 1);
  if (text === '') throw fail('missing field value');
  if (last === QUOTE) {
    return { name, type: 'string', value: text.slice(1, -1).replace(/\\(["\\])/g, '$1') };
  }
  if (/^(?:t|T|true|True|TRUE)$/.test(text)) return { name, type: 'boolean', value: 1 };
  if (/^(?:f|F|false|False|FALSE)$/.test(text)) return { name, type: 'boolean', value: 0 };
  const suffix = text[text.length - 1];
  const body = text.slice(0, -1);
  if (suffix === 'i' && INTEGER.test(body)) return { name, type: 'integer', value: Number(body) };
  if (suffix === 'u' && /^\d{1,20}$/.test(body)) return { name, type: 'unsigned', value: Number(body) };
  if (!NUMBER.test(text) || !Number.isFinite(Number(text))) throw fail('invalid number');
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

/** Nothing else is an escape: a backslash before any other character stays one. */
function measurementName(text: string): string {
  return text.replace(/\\([, ])/g, '$1');
}
function tagText(text: string): string {
  return text.replace(/\\([,= ])/g, '$1');
}
function fieldKey(text: string): string {
  return text.replace(/\\([,= "])/g, '$1');
}

/** Measurement and tags of a head. @throws LineError when a tag has no name or no value, or comes twice. */
export function parseHead(head: string): {
  readonly measurement: string;
  readonly tags: ReadonlyMap<string, string>;
} {
  const [measurement = '', ...parts] = head.split(/(?<!\\),/);
  const tags = new Map<string, string>();
  for (const part of parts) {
    const [key = '', value = '', ...rest] = part.split(/(?<!\\)=/);
    if (key === '') throw new LineError(head, 'missing tag key');
    if (value === '') throw new LineError(head, 'missing tag value');
    if (rest.length > 0) throw new LineError(head, 'invalid tag format');
    const name = tagText(key);
    if (tags.has(name)) throw new LineError(head, 'duplicate tags');
    tags.set(name, tagText(value));
  }
  return { measurement: measurementName(measurement), tags };
}
