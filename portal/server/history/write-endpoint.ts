/**
 * `POST /api/v2/write` as InfluxDB 2 answers it, so that a box has one way to write, whoever keeps its history:
 * https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite
 */
import { sha256Hex } from '../accounts/tokens.ts';
import { Admission } from '../bounds/admission.ts';
import { inPieces } from '../bounds/pieces.ts';
import type { PortalDatabase } from '../database/schema.ts';
import { errorText, log } from '../problems/log.ts';
import { isOwnError, OwnError } from '../problems/own-error.ts';
import { isLineError, type LinePoint, PRECISIONS, type Precision, readPoints } from './line-protocol.ts';
import type { PointSink, WriteResult } from './point-sink.ts';
import { WeightGate } from './weight-gate.ts';
import {
  announcedBytes,
  heapBytesOf,
  linesOf,
  MOST_BODY_BYTES,
  MOST_LINES,
  MOST_PAIRS,
  type Refused,
  readWriteBody,
} from './write-body.ts';

export const BUCKET = 'wattward';
/** A box sends one request after the other; one that hangs may be overtaken by the next. */
const MOST_OF_SITE = 4;
/** Bodies on their way in. */
const MOST_INCOMING_BYTES = 64_000_000;
/** What may be taken apart at the same time. */
const MOST_HEAP_BYTES = 32_000_000;
const TOO_MANY = 'too many requests';
const admission = new Admission({ ofKey: MOST_OF_SITE, weight: MOST_INCOMING_BYTES });
const gate = new WeightGate(MOST_HEAP_BYTES);
const MOST_LANES = 1000;
const lanes = new Map<string, WeightGate>();

/** Everything the endpoint needs of the portal. */
export interface WriteContext {
  readonly db: PortalDatabase;
  /** Null where InfluxDB keeps the history: then nobody writes here. */
  readonly sink: PointSink | null;
  readonly nowMs: () => number;
}

export async function answerWrite(context: WriteContext, request: Request): Promise<Response> {
  try {
    await takeWrite(context, request);
    return new Response(null, { status: 204 });
  } catch (error) {
    if (isRefusal(error)) return error.response();
    log.error('write failed', { problem: errorText(error) });
    // The box keeps its points and comes back.
    return new WriteRefusal(503, 'unavailable', 'the history cannot be written now', 10).response();
  }
}

async function takeWrite({ db, sink, nowMs }: WriteContext, request: Request): Promise<void> {
  const site = await siteOfToken(db, request);
  if (!sink) throw new WriteRefusal(404, 'not found', 'this portal reads its history from InfluxDB');
  const query = new URL(request.url).searchParams;
  const bucket = query.get('bucket') ?? '';
  if (bucket !== BUCKET) throw new WriteRefusal(404, 'not found', `bucket "${bucket}" not found`);
  const precision = precisionOf(query.get('precision'));
  const leave = admission.enter(site, Math.min(announcedBytes(request), MOST_BODY_BYTES));
  if (typeof leave === 'string') {
    const [status, whose] = leave === 'key' ? [429, 'this site'] : [503, 'all sites'];
    throw new WriteRefusal(status, TOO_MANY, `too many requests of ${whose} at once`, 1);
  }
  let result: WriteResult;
  try {
    result = await writeBody({ sink, site, precision, nowMs: nowMs() }, request);
  } catch (error) {
    if (isLineError(error)) throw new WriteRefusal(400, 'invalid', error.message);
    throw error;
  } finally {
    leave();
  }
  const { dropped, refused } = result;
  if (refused !== undefined) throw new WriteRefusal(422, 'unprocessable entity', refused);
  const [first] = dropped;
  if (!first) return;
  const count = [...dropped.values()].reduce((sum, n) => sum + n, 0);
  throw new WriteRefusal(
    422,
    'unprocessable entity',
    `failure writing points to database: partial write: ${first[0]} dropped=${count}`,
  );
}

async function siteOfToken(db: PortalDatabase, request: Request): Promise<string> {
  const [, token] = /^(?:Token|Bearer) (\S+)$/.exec(request.headers.get('authorization') ?? '') ?? [];
  const site = token
    ? await db
        .selectFrom('site')
        .select('site_id')
        .where('write_token_sha256', '=', sha256Hex(token))
        .executeTakeFirst()
    : undefined;
  if (!site) throw new WriteRefusal(401, 'unauthorized', 'unauthorized access');
  return site.site_id;
}

function precisionOf(text: string | null): Precision {
  const found = PRECISIONS.find((precision) => precision === (text ?? 'ns'));
  if (!found)
    throw new WriteRefusal(400, 'invalid', `invalid precision ${text}; use ${PRECISIONS.join(', ')}`);
  return found;
}

interface Destination {
  readonly sink: PointSink;
  readonly site: string;
  readonly precision: Precision;
  readonly nowMs: number;
}

async function writeBody(to: Destination, request: Request): Promise<WriteResult> {
  const body = await readWriteBody(request);
  if (typeof body === 'string') throw refusalOf(body);
  // One of a site after the other: what one site sends too much, its own next request waits for.
  const next = await laneOf(to.site).enter(1);
  const leave = await gate.enter(heapBytesOf(body.textBytes));
  try {
    const lines = await linesOf(body);
    if (typeof lines === 'string') throw refusalOf(lines);
    const points: LinePoint[] = [];
    await inPieces(readPoints(lines.toString('utf8'), to.precision, to.nowMs), (point) => points.push(point));
    return await to.sink.write(to.site, points);
  } finally {
    leave();
    next();
  }
}

/** Of sites that write at this moment. */
function laneOf(site: string): WeightGate {
  let lane = lanes.get(site);
  if (!lane) {
    if (lanes.size >= MOST_LANES) for (const [idle, gate] of lanes) if (gate.isEmpty) lanes.delete(idle);
    lane = new WeightGate(1);
    lanes.set(site, lane);
  }
  return lane;
}

const REFUSALS: Readonly<Record<Refused, { status: number; code: string; message: string }>> = {
  'too-large': {
    status: 413,
    code: 'request too large',
    message: `a request may have ${MOST_BODY_BYTES} bytes, packed or not: send less at once`,
  },
  'too-many': {
    status: 413,
    code: 'request too large',
    message: `a request may have ${MOST_LINES} points with ${MOST_PAIRS} tags and fields: send less at once`,
  },
  'not-gzip': { status: 400, code: 'invalid', message: 'the body is not gzip' },
  'unknown-encoding': { status: 400, code: 'invalid', message: 'content-encoding must be gzip or identity' },
  'too-slow': { status: 408, code: 'request timeout', message: 'the body did not come in time' },
};

function refusalOf(refused: Refused): WriteRefusal {
  const { status, code, message } = REFUSALS[refused];
  return new WriteRefusal(status, code, message);
}

/** An answer in InfluxDB's own shape. */
class WriteRefusal extends OwnError {
  readonly #status: number;
  readonly #code: string;
  readonly #retryAfterS: number | undefined;

  constructor(status: number, code: string, message: string, retryAfterS?: number) {
    super('WriteRefusal', message);
    this.#status = status;
    this.#code = code;
    this.#retryAfterS = retryAfterS;
  }

  response(): Response {
    const headers: Record<string, string> = {};
    if (this.#retryAfterS !== undefined) headers['retry-after'] = String(this.#retryAfterS);
    // Whoever is one too many need not go on sending what is not read.
    if (this.#code === TOO_MANY) headers.connection = 'close';
    return Response.json({ code: this.#code, message: this.message }, { status: this.#status, headers });
  }
}

function isRefusal(error: unknown): error is WriteRefusal {
  return isOwnError(error, 'WriteRefusal');
}
