/**
 * `POST /api/v2/write` as InfluxDB 2 answers it, so that a box has one way to write, whoever keeps its history:
 * https://docs.influxdata.com/influxdb/v2/api/#operation/PostWrite
 */
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { sha256Hex } from '../accounts/tokens.ts';
import type { PortalDatabase } from '../database/schema.ts';
import { errorText, log } from '../log.ts';
import { isOwnError, OwnError } from '../own-error.ts';
import type { WriteResult } from './embedded/writer.ts';
import { isLineError, type LinePoint, PRECISIONS, type Precision, parseLines } from './line-protocol.ts';
import { WeightGate } from './weight-gate.ts';

export const MOST_BODY_BYTES = 4_000_000;
/** Taken apart it needs some ten times as much. */
const MOST_TEXT_BYTES = 4_000_000;
/** Line protocol shrinks to about a tenth. */
const USUAL_RATIO = 10;
export const BUCKET = 'wattward';
/** Text that is read and written at the same time: what it takes apart needs several times as much. */
const MOST_TEXT_AT_ONCE_BYTES = 1_000_000;
const unzip = promisify(gunzip);
const gate = new WeightGate(MOST_TEXT_AT_ONCE_BYTES);

export interface PointSink {
  write(site: string, points: readonly LinePoint[]): Promise<WriteResult>;
}

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
  const body = await bodyBytes(request);
  const leave = await gate.enter(body.bytes.byteLength * (body.isGzip ? USUAL_RATIO : 1));
  let dropped: WriteResult['dropped'];
  try {
    const points = parseLines(await textOf(body), precision, nowMs());
    ({ dropped } = await sink.write(site, points));
  } catch (error) {
    if (isLineError(error)) throw new WriteRefusal(400, 'invalid', error.message);
    throw error;
  } finally {
    leave();
  }
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

interface Body {
  readonly bytes: Buffer;
  readonly isGzip: boolean;
}

const tooLarge = () =>
  new WriteRefusal(413, 'request too large', `a request may have ${MOST_BODY_BYTES} bytes`);

async function bodyBytes(request: Request): Promise<Body> {
  if (Number(request.headers.get('content-length') ?? 0) > MOST_BODY_BYTES) throw tooLarge();
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new WriteRefusal(400, 'invalid', `unknown content encoding ${encoding}`);
  }
  const bytes = await boundedBody(request, MOST_BODY_BYTES);
  if (!bytes) throw tooLarge();
  return { bytes, isGzip: encoding === 'gzip' };
}

async function textOf({ bytes, isGzip }: Body): Promise<string> {
  if (!isGzip) return bytes.toString('utf8');
  try {
    return (await unzip(bytes, { maxOutputLength: MOST_TEXT_BYTES })).toString('utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new WriteRefusal(400, 'invalid', 'the body is not gzip');
  }
}

/** The body, or null as soon as it is longer than allowed, whatever its header said. */
export async function boundedBody(request: Request, mostBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > mostBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
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
    return Response.json({ code: this.#code, message: this.message }, { status: this.#status, headers });
  }
}

function isRefusal(error: unknown): error is WriteRefusal {
  return isOwnError(error, 'WriteRefusal');
}
