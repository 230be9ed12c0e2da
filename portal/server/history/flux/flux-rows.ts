/**
 * One question to InfluxDB and its answer as rows. Whatever is wrong with it (nobody there, a time-out, a refusal, an
 * answer that breaks off, that is no answer to the question or comes from somebody else) is one problem: the history
 * is unavailable. Nothing of it may read as "no data".
 */
import { type FluxTableMetaData, linesToTables } from '@influxdata/influxdb-client';
import * as z from 'zod';
import { ProblemError } from '../../problems/problem.ts';
import type { InfluxAccess } from './influx-access.ts';

const DIALECT = { header: true, delimiter: ',', annotations: ['datatype', 'group', 'default'] };

const NOT_FOUND = 404;

export class FluxRows {
  readonly #url: string;
  readonly #token: string;
  readonly #timeoutMs: number;

  /** @param timeoutMs of a whole question. */
  constructor({ url, token, org }: Omit<InfluxAccess, 'bucket'>, timeoutMs: number) {
    this.#url = `${url.replace(/\/+$/, '')}/api/v2/query?${new URLSearchParams({ org })}`;
    this.#token = token;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws ProblemError `history-unavailable` */
  async ask<T>(flux: string, schema: z.ZodType<T>): Promise<T[]> {
    try {
      return z.array(schema).parse(await rowsOf(await this.#answer(flux)));
    } catch (cause) {
      throw new ProblemError('history-unavailable', undefined, { cause });
    }
  }

  /** Whether what the question reads is there at all. @throws ProblemError `history-unavailable` */
  async finds(flux: string): Promise<boolean> {
    try {
      const response = await this.#answer(flux);
      if (response.status === NOT_FOUND) {
        await response.body?.cancel();
        return false;
      }
      await rowsOf(response);
      return true;
    } catch (cause) {
      throw new ProblemError('history-unavailable', undefined, { cause });
    }
  }

  /** By `fetch`: the client's own transport copies all it has at each piece of an answer, and a year has hundreds. */
  #answer(query: string): Promise<Response> {
    return fetch(this.#url, {
      method: 'POST',
      headers: {
        authorization: `Token ${this.#token}`,
        accept: 'text/csv',
        // InfluxDB stands near: to pack a year's two megabytes takes longer than the whole question.
        'accept-encoding': 'identity',
        'content-type': 'application/json',
      },
      body: JSON.stringify({ query, type: 'flux', dialect: DIALECT }),
      redirect: 'error',
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
  }
}

/**
 * Read while InfluxDB still writes: of a year it is as much work here as there.
 * @throws TypeError when it is refused, no CSV, or no whole answer.
 */
async function rowsOf(response: Response): Promise<unknown[]> {
  const type = response.headers.get('content-type') ?? '';
  if (!response.ok || !response.body) {
    throw new TypeError(`answered with ${response.status}: ${(await response.text()).slice(0, 500)}`);
  }
  if (!type.includes('csv')) {
    await response.body.cancel();
    throw new TypeError(`answered with ${type}, not with CSV`);
  }
  const rows: unknown[] = [];
  const tables = linesToTables({
    next: (values, table) => {
      rows.push(rowOf(values, table));
    },
    error: (error) => {
      throw error;
    },
    complete: () => undefined,
  });
  await eachLine(response.body, (line) => tables.next(line));
  tables.complete();
  return rows;
}

/**
 * The client's own splitter goes through an answer byte by byte, a third of the work of a year. A line break between
 * quotes belongs to its value [RFC 4180, 2.6].
 */
async function eachLine(body: ReadableStream<Uint8Array>, next: (line: string) => void): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  let open = '';
  const take = (part: string) => {
    const line = open + part;
    if (part.includes('"') && line.split('"').length % 2 === 0) open = `${line}\n`;
    else if (open !== '' && !part.includes('"')) open = `${line}\n`;
    else {
      open = '';
      next(line.endsWith('\r') ? line.slice(0, -1) : line);
    }
  };
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) take(line);
  }
  rest += decoder.decode();
  if (open + rest !== '') next(open + rest);
}

function rowOf(values: string[], table: FluxTableMetaData): Readonly<Record<string, unknown>> {
  if (values.length !== table.columns.length) throw new TypeError('a row breaks off');
  const row = table.toObject(values);
  // What goes wrong after the answer has begun comes as a table of its own.
  if ('error' in row && 'reference' in row) throw new TypeError(`InfluxDB says: ${row.error}`);
  for (const key in row) if (Number.isNaN(row[key])) throw new TypeError('a value that is no number');
  return row;
}
