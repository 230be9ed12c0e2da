/** `npm run commission`: brings relay boards from unknown to accepted, over the home broker, without internet. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { stringify } from 'yaml';
import * as z from 'zod';
import { reportPage } from '../report-page.ts';
import { settingsFragment } from '../settings-fragment.ts';
import { personOf, readAnswers } from './answers.ts';
import { BoxClient, WizardProblem } from './box-client.ts';
import { TerminalPerson } from './terminal.ts';
import { runWizard, type WizardResult } from './wizard.ts';

const OLDEST_NODE = 24;
const credential = z.object({ id: z.string(), secret: z.string() });

interface Flags {
  readonly broker: string;
  readonly site: string;
  readonly secret: string;
  readonly answers?: string;
  readonly out: string;
  readonly lookMs: string;
}

const program = new Command('commission')
  .description(
    'Finds relay boards, tests their wiring by the power of the house, proves their safe state, makes the report.\n' +
      'Works on the home network alone. The box must run. It may be stopped and begun again at any time.',
  )
  .requiredOption('--broker <url>', 'home broker, e.g. mqtt://192.168.1.20:1883')
  .requiredOption('--site <id>', 'site id of the box, e.g. home-1')
  .requiredOption(
    '--secret <file>',
    'installer credential (npm run broker -- user add NAME --role installer --out FILE)',
  )
  .option('--answers <file>', 'answers as YAML instead of questions')
  .option('--out <dir>', 'where the report is written', 'acceptance')
  .option('--look-ms <ms>', 'between two looks at a running test', '500')
  .addHelpText(
    'after',
    '\nEnds with 0 when every expected board is accepted, 2 when something is left to mend, 1 when it could not work.',
  );

async function main(): Promise<number> {
  // What it writes tells of a home: for its own user only.
  process.umask(0o077);
  if (Number(process.versions.node.split('.')[0]) < OLDEST_NODE) {
    process.stderr.write(`Node ${OLDEST_NODE} or newer is needed; use npm run commission.\n`);
    return 1;
  }
  const flags = program.parse().opts<Flags>();
  if (!flags.answers && !process.stdin.isTTY) {
    throw new WizardProblem(
      'no-terminal',
      'Nobody can be asked here: the input is no terminal',
      'Start it at a terminal, or give it --answers FILE.',
    );
  }
  const secret = readCredential(flags.secret);
  const box = new BoxClient({ url: flags.broker, siteId: flags.site, credential: secret });
  const terminal = flags.answers ? null : new TerminalPerson();
  const say = (line: string) => process.stdout.write(`${line}\n`);
  try {
    const person = terminal ?? personOf(readAnswers(readText(flags.answers ?? ''), flags.answers ?? ''), say);
    await box.connect();
    const result = await runWizard({ box, person, lookMs: Number(flags.lookMs) });
    write(flags.out, result);
    return summary(flags.out, result, say);
  } finally {
    terminal?.close();
    await box.close();
  }
}

function write(dir: string, { report }: WizardResult): void {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'acceptance.json'), `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(path.join(dir, 'acceptance.html'), reportPage(report));
  const { boards, loads } = settingsFragment(report.report.boards);
  writeFileSync(path.join(dir, 'site-fragment.yaml'), stringify({ devices: { boards }, loads }));
}

function summary(dir: string, result: WizardResult, say: (line: string) => void): number {
  const { accepted, findings, expectedBoards, report } = result;
  say('');
  say(
    `Accepted: ${accepted.length} of ${expectedBoards} expected. Report: ${path.join(dir, 'acceptance.html')}`,
  );
  say(`SHA-256 ${report.sha256}`);
  for (const { board, what, code, text } of findings) say(`  ${board}, ${what}: ${code}: ${text}`);
  if (accepted.length > 0) say(`For the site settings: ${path.join(dir, 'site-fragment.yaml')}`);
  return findings.length === 0 && accepted.length >= expectedBoards ? 0 : 2;
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new WizardProblem('no-file', `${file} cannot be read: ${String(cause)}`, 'Check the path.');
  }
}

function readCredential(file: string): { id: string; secret: string } {
  const parsed = credential.safeParse(jsonIn(readText(file)));
  if (parsed.success) return parsed.data;
  throw new WizardProblem(
    'no-credential',
    `${file} holds no credential`,
    'Make one: npm run broker -- user add NAME --role installer --out FILE.',
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (cause: unknown) => {
    const remedy = cause instanceof WizardProblem ? ` ${cause.remedy}` : '';
    process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}.${remedy}\n`);
    process.exitCode = 1;
  },
);
