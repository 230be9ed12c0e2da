/** What people and boxes with rights of their own may ask too much of, each kind as one request. */
import { gzipSync } from 'node:zlib';
import { SITES } from '../built-portal.ts';

export interface Attacker {
  readonly url: string;
  readonly cookie: string;
}
export interface HostileKind {
  readonly kind: string;
  readonly send: (from: Attacker) => Promise<Response>;
}

const site = '/api/v1/orgs/north/sites/home-1';
const years = 'from=2016-01-01T00:00:00Z&to=2026-07-01T00:00:00Z';
const fields = Array.from({ length: 24 }, (_, i) => ['gridPowerW', 'pvPowerW'][i % 2]).join(',');
const week = Array.from({ length: 9999 }, (_, n) => {
  const fields = ['gridImportWh', 'gridExportWh', 'pvWh', 'batteryChargedWh', 'batteryDischargedWh'];
  return `site,site=home-1 ${fields.map((field) => `${field}=${n}`).join(',')} ${Date.parse('2026-06-10T00:00:00Z') + n * 60_000}`;
}).join('\n');
const lying = gzipSync(Buffer.alloc(60_000_000, 10));
lying.writeUInt32LE(1000, lying.length - 4);

const get =
  (path: string) =>
  ({ url, cookie }: Attacker) =>
    fetch(`${url}${site}/${path}`, { headers: { cookie } });
const post =
  (path: string, body: string) =>
  ({ url, cookie }: Attacker) =>
    fetch(`${url}${site}/${path}`, {
      method: 'POST',
      headers: { cookie, 'sec-fetch-site': 'same-origin' },
      body,
    });
const write =
  (body: Uint8Array, packed: boolean) =>
  ({ url }: Attacker) =>
    fetch(`${url}/api/v2/write?bucket=wattward&precision=ms`, {
      method: 'POST',
      headers: {
        authorization: `Token ${SITES['home-1'].token}`,
        ...(packed ? { 'content-encoding': 'gzip' } : {}),
      },
      body: body as BodyInit,
    });

export const HOSTILE_KINDS: readonly HostileKind[] = [
  { kind: 'tiny points, packed', send: write(gzipSync('a b=1\n'.repeat(250_000)), true) },
  {
    kind: 'as many points as may be, packed',
    send: write(gzipSync('site,site=home-1 b=1\n'.repeat(9999)), true),
  },
  { kind: 'a week of minutes, each with five counters', send: write(gzipSync(week), true) },
  {
    kind: 'many points of many fields',
    send: write(Buffer.from(`site,site=home-1 ${'b=1,'.repeat(900)}b=1\n`.repeat(65)), false),
  },
  {
    kind: 'one point of many fields',
    send: write(Buffer.from(`site,site=home-1 ${'b=1,'.repeat(58_000)}b=1 1`), false),
  },
  { kind: 'empty lines, packed', send: write(gzipSync(Buffer.alloc(3_900_000, 10)), true) },
  { kind: 'empty lines', send: write(Buffer.alloc(1_000_000, 10), false) },
  { kind: 'a bomb that lies about its size', send: write(lying, true) },
  { kind: 'a month of decisions as a file', send: get('decisions.csv?month=2026-06') },
  { kind: 'ten years as a file', send: get(`export?${years}&fields=${fields}&format=tidy`) },
  { kind: 'ten years as a chart', send: get(`series?${years}&fields=${fields}`) },
  { kind: 'a day of history', send: get('history?day=2026-06-02') },
  { kind: 'lists of decisions', send: get('decisions?actuator=load:l1') },
  { kind: 'the audit', send: get('audit') },
  { kind: 'deep bodies', send: post('proposals', '['.repeat(60_000)) },
  { kind: 'large bodies', send: post('proposals', 'x'.repeat(500_000)) },
  { kind: 'live streams', send: get('live') },
];
