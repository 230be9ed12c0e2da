/** Command line of the box: `run`, and what can be asked of its disk. The only reader of the environment in the edge. */
import path from 'node:path';
import type { Language } from '@wattward/broker/wire/reasons';
import { Command, InvalidArgumentError, Option } from 'commander';
import pino from 'pino';
import { stringify } from 'yaml';
import { startAgent } from './agent.ts';
import { lookingAt, settingsOn } from './commands/disk.ts';
import { type ExplainOptions, explain } from './commands/explain.ts';
import { clearPlan, setPlan } from './commands/plan.ts';
import { type ReplayOptions, replay } from './commands/replay.ts';
import { status } from './commands/status.ts';
import { loadConfig, readSecret, readText } from './config.ts';
import { withAddresses } from './device-addresses.ts';
import { loadDeviceModules } from './device-modules.ts';
import { exportLedger, exportMonth, type MonthOf } from './journal/monthly-export.ts';
import { checkedSettings } from './settings-document.ts';
import { StartError } from './start-error.ts';
import type { LogReader } from './store/log-reader.ts';
import { readKeyFile } from './verify-ed25519.ts';

/** Longest orderly end, real milliseconds. */
const END_WITHIN_MS = 2_500;
const EXIT_FAILED = 1;

interface ConfigOption {
  readonly config: string;
}

function refuseOldNode(): void {
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return;
  throw new StartError(
    'node-too-old',
    `Wattward needs Node 24 or newer; this is ${process.versions.node}`,
    'Start it by its npm script, which brings the right Node along, or install Node 24.',
  );
}

async function run({ config: file }: ConfigOption): Promise<void> {
  const config = loadConfig(file);
  const log = pino({ name: 'edge', base: { site: config.site }, level: process.env.WATTWARD_LOG ?? 'info' });
  const agent = await startAgent({ config, log });
  process.send?.({ ready: true, site: config.site });
  let ending = false;
  const end = (why: string, code = 0) => {
    if (ending) return;
    ending = true;
    log.info({ why }, 'the box ends');
    // Whatever still hangs does not keep the process; leases bring every relay home.
    setTimeout(() => process.exit(code), END_WITHIN_MS).unref();
    agent.stop().then(
      () => process.exit(code),
      (cause: unknown) => {
        log.error({ err: cause }, 'the end was not orderly');
        process.exit(EXIT_FAILED);
      },
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => end(signal));
  if (process.send) process.on('disconnect', () => end('whoever started this process is gone'));
  agent.done.catch((cause: unknown) => {
    log.fatal({ err: cause }, 'the cycle broke');
    end('a broken cycle', EXIT_FAILED);
  });
}

/** Validates `edge.yaml`, the secrets it names, `site.yaml`, and the modules its devices need. */
async function check({ config: file }: ConfigOption): Promise<void> {
  const config = loadConfig(file);
  const { homeBroker, cloudBroker, history, setpointKeys, siteSettings } = config;
  readSecret(homeBroker.secretFile, homeBroker.identity);
  if (cloudBroker) readSecret(cloudBroker.secretFile, cloudBroker.identity);
  if (history) readText(history.tokenFile, 'token-unreadable', 'the token of the history store');
  const text = readText(siteSettings, 'settings-unreadable', 'the site settings');
  const settings = withAddresses(checkedSettings(text, siteSettings), config.addresses);
  await loadDeviceModules(settings);
  // The box starts without them, since its portal may come later; until then it obeys nobody.
  for (const key of setpointKeys) readKeyFile(key);
  const { devices, loads, batteries } = settings;
  const counted = [
    `${devices.meters.length} meters`,
    `${devices.inverters.length} inverters`,
    `${devices.boards.length} relay boards`,
    `${batteries.length} batteries`,
    `${loads.length} loads`,
  ];
  process.stdout.write(`${file} and ${siteSettings} are in order: ${counted.join(', ')}.\n`);
}

/** The settings that hold, as the `site.yaml` that would seed them again. */
async function exportSettings({ config: file }: ConfigOption): Promise<void> {
  await lookingAt(file, async ({ reader }) => {
    const { version, since, settings } = await settingsOn(reader);
    process.stdout.write(`# version ${version}, since ${since}\n${stringify(settings)}`);
  });
}

interface MonthOption extends ConfigOption {
  readonly month: string;
  readonly folder?: string;
}

interface JournalOption extends MonthOption {
  readonly language: Language;
}

/** The decisions of one month as CSV; prints where the file lies. */
async function journal({ language, ...options }: JournalOption): Promise<void> {
  await exporting(options, (month) => exportMonth({ ...month, language }));
}

/** The ledger of one month as CSV; prints where the file lies. */
async function ledger(options: MonthOption): Promise<void> {
  await exporting(options, exportLedger);
}

async function exporting(
  { config: file, month, folder }: MonthOption,
  write: (of: MonthOf<LogReader>) => Promise<string>,
): Promise<void> {
  await lookingAt(file, async ({ config, reader }) => {
    const zone = (await settingsOn(reader)).settings.zone;
    const target = path.resolve(folder ?? path.join(config.dataDir, 'journal'));
    process.stdout.write(
      `${await write({ store: reader, site: config.site, month, zone, folder: target })}\n`,
    );
  });
}

function monthOf(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError('write it as YYYY-MM, e.g. 2026-11');
}

function instantOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  throw new InvalidArgumentError('write it as ISO 8601, e.g. 2026-11-21T12:00:00Z');
}

async function printReplay(options: ReplayOptions): Promise<void> {
  const { ok, text } = await replay(options);
  process.stdout.write(text);
  if (!ok) process.exitCode = EXIT_FAILED;
}

interface PlanOption extends ConfigOption {
  readonly set?: string;
  readonly clear?: boolean;
}

function changePlan({ config, set, clear }: PlanOption): void {
  if ((set === undefined) === (clear === undefined)) {
    throw new StartError('plan-what', 'nothing or two things to do', 'Give either --set FILE or --clear.');
  }
  process.stdout.write(set === undefined ? clearPlan(config) : setPlan(config, set));
}

function failed(cause: unknown): void {
  const known = cause instanceof StartError;
  const code = known ? cause.code : 'start-failed';
  const message = cause instanceof Error ? cause.message : String(cause);
  const remedy = known ? cause.remedy : 'See the log; if it stays, report it with this message.';
  process.stderr.write(`${code}: ${message}\n${remedy}\n`);
  if (!known && cause instanceof Error && cause.stack) process.stderr.write(`${cause.stack}\n`);
  process.exitCode = EXIT_FAILED;
  if (process.send) process.send({ failed: { code, message, remedy } }, () => process.exit());
  else process.exit();
}

const program = new Command('edge').description(
  'The box in the home: reads, decides once a second, switches',
);
const withConfig = (name: string, about: string) =>
  program.command(name).description(about).requiredOption('--config <file>', 'edge.yaml');

const language = (flag: string) =>
  new Option(`${flag} <language>`, 'of the reasons').choices(['en', 'de']).default('en');

withConfig('run', 'run the box').action(run);
withConfig('check', 'check edge.yaml and site.yaml, and say all that is wrong with them').action(check);
withConfig('export', 'write the site settings that hold as YAML').action(exportSettings);
withConfig('journal', 'write the decisions of a month as CSV, and say where')
  .requiredOption('--month <YYYY-MM>', 'month in the zone of the site', monthOf)
  .option('--folder <dir>', 'where to; the data folder of the box by default')
  .addOption(language('--language'))
  .action(journal);
withConfig(
  'ledger',
  'write the energy and money of a month as CSV, a line per quarter of an hour, and say where',
)
  .requiredOption('--month <YYYY-MM>', 'month in the zone of the site', monthOf)
  .option('--folder <dir>', 'where to; the data folder of the box by default')
  .action(ledger);
withConfig('plan', 'give the box a plan made elsewhere, or take it away')
  .option('--set <file>', 'a plan@1 message as JSON')
  .option('--clear', 'no plan: the rules run')
  .action(changePlan);

const looking = (name: string, about: string) =>
  program
    .command(name)
    .description(about)
    .option('--config <file>', 'edge.yaml; the usual places by default');

looking('status', 'books of the outbox, newest readings, alarms').action(async ({ config }) => {
  process.stdout.write(await status(config));
});
looking('explain', 'why an actuator is as it is, and what would switch it')
  .requiredOption('--actuator <id>', 'load:ID or battery:ID')
  .addOption(language('--lang'))
  .action(async (options: ExplainOptions) => {
    process.stdout.write(await explain(options));
  });
looking('replay', 'decide recorded cycles again and compare, bit for bit')
  .option('--from <instant>', 'ISO 8601; an hour before the end by default', instantOf)
  .option('--to <instant>', 'ISO 8601; the newest recorded cycle by default', instantOf)
  .action(printReplay);

try {
  refuseOldNode();
  // What it writes tells of a home: for its own user only.
  process.umask(0o077);
  await program.parseAsync();
} catch (cause) {
  failed(cause);
}
