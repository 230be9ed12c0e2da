/** Command line of the box: `run`, `check`, `export`, `journal`. The only reader of the environment in the edge. */
import path from 'node:path';
import type { Language } from '@wattward/broker/wire/reasons';
import { Command, InvalidArgumentError, Option } from 'commander';
import pino from 'pino';
import { stringify } from 'yaml';
import { startAgent } from './agent.ts';
import { type EdgeConfig, loadConfig, readSecret, readText, StartError } from './config.ts';
import { exportMonth } from './journal/monthly-export.ts';
import { checkedSettings, keptSettings, type SettingsDocument } from './settings-document.ts';
import { openStore } from './store/open-store.ts';
import type { Store } from './store/store.ts';

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

/** Validates `edge.yaml`, the secrets it names, and `site.yaml`. */
function check({ config: file }: ConfigOption): void {
  const config = loadConfig(file);
  const { homeBroker, cloudBroker, history, siteSettings } = config;
  readSecret(homeBroker.secretFile, homeBroker.identity);
  if (cloudBroker) readSecret(cloudBroker.secretFile, cloudBroker.identity);
  if (history) readText(history.tokenFile, 'token-unreadable', 'the token of the history store');
  const text = readText(siteSettings, 'settings-unreadable', 'the site settings');
  const { devices, loads, batteries } = checkedSettings(text, siteSettings);
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
  const config = loadConfig(file);
  await withStore(config, async (store) => {
    const { version, since, settings } = await settingsOf(store);
    process.stdout.write(`# version ${version}, since ${since}\n${stringify(settings)}`);
  });
}

interface JournalOption extends ConfigOption {
  readonly month: string;
  readonly folder?: string;
  readonly language: Language;
}

/** The decisions of one month as CSV; prints where the file lies. */
async function journal({ config: file, month, folder, language }: JournalOption): Promise<void> {
  const config = loadConfig(file);
  await withStore(config, async (store) => {
    const zone = (await settingsOf(store)).settings.zone;
    const target = path.resolve(folder ?? path.join(config.dataDir, 'journal'));
    const options = { store, site: config.site, month, zone, language, folder: target };
    process.stdout.write(`${await exportMonth(options)}\n`);
  });
}

function monthOf(text: string): string {
  if (/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) return text;
  throw new InvalidArgumentError('write it as YYYY-MM, e.g. 2026-11');
}

async function settingsOf(store: Store): Promise<SettingsDocument> {
  const document = await keptSettings(store);
  if (document) return document;
  throw new StartError('never-ran', 'this box has no settings yet', 'Run it once; then ask again.');
}

/** The box's disk, opened beside a running box: only read from. */
async function withStore(config: EdgeConfig, use: (store: Store) => Promise<void>): Promise<void> {
  const store = await openStore({
    dir: config.dataDir,
    site: config.site,
    bootId: 'reader',
    onAlarm: ({ code }) => process.stderr.write(`${code}\n`),
  });
  try {
    await use(store);
  } finally {
    await store.close();
  }
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

withConfig('run', 'run the box').action(run);
withConfig('check', 'check edge.yaml and site.yaml, and say all that is wrong with them').action(check);
withConfig('export', 'write the site settings that hold as YAML').action(exportSettings);
withConfig('journal', 'write the decisions of a month as CSV, and say where')
  .requiredOption('--month <YYYY-MM>', 'month in the zone of the site', monthOf)
  .option('--folder <dir>', 'where to; the data folder of the box by default')
  .addOption(new Option('--language <language>', 'of the reasons').choices(['en', 'de']).default('en'))
  .action(journal);

try {
  refuseOldNode();
  await program.parseAsync();
} catch (cause) {
  failed(cause);
}
