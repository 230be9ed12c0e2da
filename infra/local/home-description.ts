/** Asks the simulator what is in a home: its boards and meters, and when its time begins. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import type { SiteLayout } from './layout.ts';
import type { StartOptions } from './options.ts';
import { StartFailure } from './supervisor.ts';

const description = z.object({
  name: z.string(),
  zone: z.string(),
  boards: z.array(z.string()),
  /** Those of them that nobody has claimed yet, with the code on their labels. */
  unclaimed: z.array(z.object({ id: z.string(), label: z.string() })),
  meters: z.array(z.string()),
  /** Where the home's time begins, ISO 8601; null when it lives in the present. */
  start: z.iso.datetime({ offset: true }).nullable(),
});

export interface HomeDescription {
  readonly name: string;
  readonly zone: string;
  readonly boards: readonly string[];
  readonly unclaimed: readonly { readonly id: string; readonly label: string }[];
  readonly meters: readonly string[];
  readonly startMs: number | null;
}

/** @throws StartFailure `bad-home` with the simulator's own words about the file. */
export async function describeHome(
  root: string,
  options: StartOptions,
  site: SiteLayout,
): Promise<HomeDescription> {
  const args = [
    path.join(root, 'device-sim/src/main.ts'),
    'describe',
    ...['--home', options.homeFile, '--site', site.id],
    ...(options.profile ? ['--profile', options.profile] : []),
  ];
  let answer: string;
  try {
    answer = (await promisify(execFile)(process.execPath, args)).stdout;
  } catch (error) {
    const words = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    throw new StartFailure('bad-home', words, `Mend ${options.homeFile} and start again.`);
  }
  const { start, ...home } = description.parse(JSON.parse(answer));
  return { ...home, startMs: start === null ? null : Date.parse(start) };
}
