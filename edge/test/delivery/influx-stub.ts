/**
 * A strict InfluxDB v2 write endpoint for tests, over real HTTP: checks method, path, organisation, bucket, token,
 * precision, gzip and every line, keeps the points it took (a second write of a point overwrites it, as InfluxDB
 * does), and can be told to answer anything else instead. Shares no code with the box.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

export interface StubAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The points are stored all the same (an answer lost on its way back). */
  readonly stores?: boolean;
  /** Nothing is answered at all. */
  readonly hangs?: boolean;
  /** The connection is cut instead of an answer. */
  readonly cuts?: boolean;
}

export interface StubRequest {
  readonly lines: readonly string[];
  readonly isGzip: boolean;
  readonly status: number;
  readonly atMs: number;
}

/** What to answer to a request; undefined: what InfluxDB would. */
export type Script = (lines: readonly string[], request: number) => StubAnswer | undefined;

export interface InfluxStub {
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  readonly token: string;
  /** Fields by series key and time, `series time` -> field -> value. */
  readonly points: ReadonlyMap<string, Readonly<Record<string, string>>>;
  readonly requests: readonly StubRequest[];
  /** Requests that were not as the protocol demands, in words. */
  readonly violations: readonly string[];
  /** Most requests that were under way at once. */
  readonly mostAtOnce: () => number;
  script: Script;
  /** Resolves when `condition` holds; looked at after every request. */
  until(condition: (stub: InfluxStub) => boolean): Promise<void>;
  close(): Promise<void>;
}

const ORG = 'home';
const BUCKET = 'wattward';
const TOKEN = 'a-token-for-tests';

export async function startInfluxStub(port = 0): Promise<InfluxStub> {
  const points = new Map<string, Record<string, string>>();
  const requests: StubRequest[] = [];
  const violations: string[] = [];
  const waiting = new Set<() => void>();
  let underWay = 0;
  let most = 0;

  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    most = Math.max(most, ++underWay);
    res.on('close', () => underWay--);
    const { lines, isGzip } = await bodyOf(req);
    const own = protocolAnswer(req, lines, isGzip, violations);
    const scripted = stub.script(lines, requests.length + 1);
    const answer = own ?? scripted ?? lineAnswer(lines);
    if (answer.status === 204 || answer.stores) for (const line of lines) keep(points, line);
    requests.push({ lines, isGzip, status: answer.status, atMs: performance.now() });
    if (answer.cuts) req.socket.destroy();
    else if (!answer.hangs) {
      res.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
      res.end(answer.body ?? '');
    }
    for (const look of waiting) look();
  };

  const server = createServer((req, res) => {
    handle(req, res).catch((error) => violations.push(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const stub: InfluxStub = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    org: ORG,
    bucket: BUCKET,
    token: TOKEN,
    points,
    requests,
    violations,
    mostAtOnce: () => most,
    script: () => undefined,
    until: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          if (!condition(stub)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return stub;
}

async function bodyOf(req: IncomingMessage): Promise<{ lines: string[]; isGzip: boolean }> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const isGzip = req.headers['content-encoding'] === 'gzip';
  const text = (isGzip ? gunzipSync(body) : body).toString('utf8');
  return { lines: text.split('\n').filter((line) => line !== ''), isGzip };
}

const problem = (status: number, code: string, message: string): StubAnswer => ({
  status,
  body: JSON.stringify({ code, message }),
});

function protocolAnswer(
  req: IncomingMessage,
  lines: readonly string[],
  isGzip: boolean,
  violations: string[],
): StubAnswer | undefined {
  const { pathname, searchParams } = new URL(req.url ?? '', 'http://stub');
  if (req.method !== 'POST' || pathname !== '/api/v2/write') violations.push(`${req.method} ${pathname}`);
  if (searchParams.get('precision') !== 'ms') violations.push(`precision ${searchParams.get('precision')}`);
  if (!isGzip) violations.push('a body that is not gzip');
  if (lines.length === 0 || lines.length > 5000) violations.push(`${lines.length} lines at once`);
  if (req.headers.authorization !== `Token ${TOKEN}`)
    return problem(401, 'unauthorized', 'unauthorized access');
  if (searchParams.get('org') !== ORG) return problem(404, 'not found', 'organization not found');
  if (searchParams.get('bucket') !== BUCKET) return problem(404, 'not found', 'bucket not found');
  return undefined;
}

/** All lines or none, as InfluxDB does with lines it cannot parse. */
function lineAnswer(lines: readonly string[]): StubAnswer {
  const bad = lines.find((line) => !parseLine(line));
  return bad === undefined ? { status: 204 } : problem(400, 'invalid', `unable to parse '${bad}'`);
}

function keep(points: Map<string, Record<string, string>>, line: string): void {
  const parsed = parseLine(line);
  if (!parsed) return;
  const key = `${parsed.series} ${parsed.time}`;
  points.set(key, { ...points.get(key), ...parsed.fields });
}

const KEY = String.raw`(?:[^,= \\\n]|\\.)+`;
const VALUE = String.raw`(?:-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|-?\d+[iu]|true|false|"(?:[^"\\]|\\.)*")`;
const LINE = new RegExp(
  String.raw`^((?:[^, \\\n]|\\.)+(?:,${KEY}=${KEY})*) (${KEY}=${VALUE}(?:,${KEY}=${VALUE})*) (-?\d+)$`,
);
const FIELD = new RegExp(`(${KEY})=(${VALUE})(?:,|$)`, 'g');

export interface ParsedLine {
  readonly series: string;
  readonly fields: Record<string, string>;
  readonly time: string;
}

/** A line after InfluxDB's grammar, or undefined when it is none. Field types are told apart by how they are written. */
export function parseLine(line: string): ParsedLine | undefined {
  const match = LINE.exec(line);
  if (!match) return undefined;
  const [, series = '', fieldText = '', time = ''] = match;
  const found = [...fieldText.matchAll(FIELD)].map(([, key = '', value = '']) => [key, value] as const);
  // Not by assignment: a field may be called `__proto__`.
  const fields: Record<string, string> = Object.fromEntries(found);
  return { series, fields, time };
}
