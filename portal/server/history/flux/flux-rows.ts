/**
 * One question to InfluxDB and its answer as rows. Whatever is wrong with it (nobody there, a time-out, a refusal, an
 * answer that breaks off, that is no answer to the question or comes from somebody else) is one problem: the history
 * is unavailable. Nothing of it may read as "no data".
 */
import {
  chunksToLines,
  createTextDecoderCombiner,
  type FluxTableMetaData,
  linesToTables,
} from '@influxdata/influxdb-client';
import * as z from 'zod';
import { ProblemError } from '../../problem.ts';
import type { InfluxSettings } from '../../settings.ts';

const DIALECT = { header: true, delimiter: ',', annotations: ['datatype', 'group', 'default'] };

const NOT_FOUND = 404;

export class FluxRows {
  readonly #url: string;
  readonly #token: string;
  readonly #timeoutMs: number;

  /** @param timeoutMs of a whole question. */
  constructor({ url, token, org }: Omit<InfluxSettings, 'bucket'>, timeoutMs: number) {
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
  const lines = chunksToLines(
    linesToTables({
      next: (values, table) => {
        rows.push(rowOf(values, table));
      },
      error: (error) => {
        throw error;
      },
      complete: () => undefined,
    }),
    createTextDecoderCombiner(),
  );
  for await (const chunk of response.body) lines.next(chunk);
  lines.complete();
  return rows;
}

function rowOf(values: readonly string[], table: FluxTableMetaData): Readonly<Record<string, unknown>> {
  if (values.length !== table.columns.length) throw new TypeError('a row breaks off');
  const row = table.toObject([...values]);
  // What goes wrong after the answer has begun comes as a table of its own.
  if ('error' in row && 'reference' in row) throw new TypeError(`InfluxDB says: ${row.error}`);
  if (Object.values(row).some(Number.isNaN)) throw new TypeError('a value that is no number');
  return row;
}
