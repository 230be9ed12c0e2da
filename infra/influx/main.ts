/**
 * `node infra/influx/main.ts setup|roll-up`: prepares an InfluxDB 2 for Wattward. The token is read from
 * `INFLUX_TOKEN` or a file, never from the command line, which other users of the machine can see.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { InfluxDB } from '@influxdata/influxdb-client';
import { Command, InvalidArgumentError, Option } from 'commander';
import { findPlace, InfluxSetupError, type Place, provisionBuckets, provisionTasks } from './provision.ts';
import { rollUpRange } from './roll-up-range.ts';
import { provisionTokens } from './tokens.ts';

const TIMEOUT_MS = 60_000;

interface Target {
  readonly url: string;
  readonly org: string;
  readonly bucket: string;
  readonly tokenFile?: string;
}
interface SetupOptions extends Target {
  readonly site: readonly string[];
  readonly tokens: string;
  readonly renew: readonly string[];
}
interface RollUpOptions extends Target {
  readonly from: number;
  readonly to: number;
}

const program = new Command('influx').description('Prepares an InfluxDB 2 for Wattward');

targeted('setup')
  .description('buckets with their retention, roll-up tasks and tokens; a second run changes nothing')
  .option('--site <id...>', 'sites that write here', siteIds, [])
  .requiredOption('--tokens <dir>', 'where the token files are put (mode 0600)')
  .option('--renew <holder...>', 'make the token of a site, or of portal, anew', [])
  .action(async (options: SetupOptions) => {
    const place = await placeOf(options);
    const { changes, ids } = await provisionBuckets(place);
    const directory = path.resolve(options.tokens);
    const { site: sites, renew } = options;
    const all = [
      ...changes,
      ...(await provisionTasks(place)),
      ...(await provisionTokens(place, { sites, renew, directory, bucketIds: ids })),
    ];
    for (const { what, name, did } of all) console.log(`${did.padEnd(9)} ${what.padEnd(6)} ${name}`);
  });

targeted('roll-up')
  .description('make the roll-ups of a range now: after a restore, or for data older than the tasks')
  .requiredOption('--from <time>', 'first instant, ISO 8601', instant)
  .requiredOption('--to <time>', 'end of the range, ISO 8601', instant)
  .action(async (options: RollUpOptions) => {
    const done = await rollUpRange(await placeOf(options), { fromMs: options.from, toMs: options.to });
    console.log(`rolled up ${done.days} days from ${new Date(done.fromMs).toISOString()}`);
    if (done.fromMs > options.from)
      console.log('raw values from before are gone, or going: their roll-ups stay');
  });

function targeted(name: string): Command {
  return program
    .command(name)
    .addOption(new Option('--url <url>', 'of InfluxDB').env('INFLUX_URL').makeOptionMandatory())
    .addOption(new Option('--org <name>', 'organisation').env('INFLUX_ORG').makeOptionMandatory())
    .addOption(new Option('--bucket <name>', 'the raw bucket').env('INFLUX_BUCKET').default('wattward'))
    .option(
      '--token-file <file>',
      'a token that may manage buckets, tasks and authorizations (or INFLUX_TOKEN)',
    );
}

async function placeOf({ url, org, bucket, tokenFile }: Target): Promise<Place> {
  const token = tokenFile ? readFileSync(tokenFile, 'utf8').trim() : process.env.INFLUX_TOKEN;
  if (!token) {
    throw new InfluxSetupError(
      'influx-token-missing',
      'no token is given',
      'Set INFLUX_TOKEN, or name a file with --token-file.',
    );
  }
  return findPlace(new InfluxDB({ url, token, timeout: TIMEOUT_MS }), org, bucket);
}

function siteIds(value: string, earlier: readonly string[]): readonly string[] {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/.test(value) || value === 'portal') {
    throw new InvalidArgumentError(
      'a site id has lower-case letters, digits and dashes, and is not "portal"',
    );
  }
  return [...earlier, value];
}

function instant(value: string): number {
  const atMs = Date.parse(value);
  if (!Number.isFinite(atMs)) throw new InvalidArgumentError('write it as 2026-05-01T00:00:00Z');
  return atMs;
}

try {
  await program.parseAsync();
} catch (error) {
  const known =
    error instanceof InfluxSetupError
      ? error
      : { code: 'influx-refused', message: wordsOf(error), remedy: remedyFor(error) };
  console.error(`${known.code}: ${known.message}\n  ${known.remedy}`);
  process.exitCode = 1;
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message || error.name : String(error);
}

function remedyFor(error: unknown): string {
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  if (status === 401) return 'The token is not known there: make an all-access token for the organisation.';
  if (status === 403) return 'The token must be allowed to manage buckets, tasks and authorizations.';
  return 'See that --url reaches InfluxDB 2; run the same again, what is done already stays.';
}
