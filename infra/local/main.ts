/** `npm start`: a whole simulated home on this machine: broker, simulator, box and portal. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CommanderError } from 'commander';
import { buildPortal, PORTAL_SERVER, portalIsBuilt } from '../build/portal.ts';
import { closeToOthers } from './close-to-others.ts';
import { describeHome } from './home-description.ts';
import { type Layout, layout, portsOf } from './layout.ts';
import { parseOptions, type StartOptions } from './options.ts';
import { requireFree } from './ports.ts';
import { boxProcess, brokerProcess, portalProcess, signerProcess, simulatorProcess } from './processes.ts';
import { provision } from './provision.ts';
import { readyBlock } from './ready-block.ts';
import { anchorFor, rememberSiteMs, siteNowMs } from './site-clock.ts';
import { StartFailure, Supervisor } from './supervisor.ts';

const root = path.resolve(import.meta.dirname, '../..');
const REMEMBER_EVERY_MS = 5_000;

const say = (line: string) => console.log(`  ${line}`);

async function start(options: StartOptions): Promise<void> {
  const beganMs = performance.now();
  const plan = layout(options.dataDir, options.portsBase, options.sites);
  await requireFree(portsOf(plan, options.headless));
  // What is written here tells of a home: for its own user only.
  process.umask(0o077);
  if (options.fresh) rmSync(plan.dataDir, { recursive: true, force: true });
  for (const { dir } of plan.sites) mkdirSync(dir, { recursive: true });
  closeToOthers(plan.dataDir);
  const unlock = lock(plan);
  const supervisor = new Supervisor(plan.logDir, say);
  const ending = endOnSignal(supervisor);
  try {
    const homes = await Promise.all(plan.sites.map((site) => describeHome(root, options, site)));
    const anchor = anchorFor(
      plan.clockFile,
      { speed: options.speed, homeStartMs: homes[0]?.startMs ?? null },
      Date.now(),
    );
    await provision({ root, plan, options, anchor, homes });
    if (!options.headless && !portalIsBuilt(root)) {
      say('building the portal (once, about half a minute)');
      const log = path.join(plan.logDir, 'build.log');
      writeFileSync(log, '');
      await buildPortal(root, (line) => writeFileSync(log, `${line}\n`, { flag: 'a' }));
    }
    await supervisor.start(brokerProcess(root, plan));
    say('broker listens');
    if (!options.headless) {
      await supervisor.start(signerProcess(root, plan));
      await supervisor.start(portalProcess(root, plan, PORTAL_SERVER));
      say('portal answers');
    }
    for (const site of plan.sites) {
      await supervisor.start(simulatorProcess(root, plan, site, { options, anchor }));
      say(`${site.id}: meters count, relays wait`);
      await supervisor.start(boxProcess(root, plan, site));
      say(`${site.id}: the box decides`);
    }
    // Ahead by one interval, so that the time of a run cut off does not repeat.
    const remember = (aheadMs: number) =>
      rememberSiteMs(plan.clockFile, siteNowMs(anchor, Date.now() + aheadMs));
    remember(REMEMBER_EVERY_MS);
    const timer = setInterval(() => remember(REMEMBER_EVERY_MS), REMEMBER_EVERY_MS);
    console.log(
      readyBlock({
        plan,
        options,
        setupLink: setupLink(plan),
        siteTime: `begins at ${new Date(anchor.siteMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
        tookS: (performance.now() - beganMs) / 1000,
      }),
    );
    await ending;
    clearInterval(timer);
    remember(0);
  } finally {
    await supervisor.stop();
    unlock();
  }
}

/** One run at a time on one data directory. @throws StartFailure `already-running`. */
function lock(plan: Layout): () => void {
  const file = path.join(plan.dataDir, 'running.pid');
  if (existsSync(file)) {
    const pid = Number(readFileSync(file, 'utf8'));
    if (pid !== process.pid && isAlive(pid)) {
      throw new StartFailure(
        'already-running',
        `This home already runs (process ${pid}).`,
        'End it with Ctrl-C, or give this one its own --data directory and --ports.',
      );
    }
  }
  writeFileSync(file, String(process.pid));
  return () => rmSync(file, { force: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function setupLink(plan: Layout): string | null {
  const file = path.join(plan.portalDir, 'setup-link.txt');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
}

/** Resolves at the first Ctrl-C or SIGTERM; a second one does not wait. */
function endOnSignal(supervisor: Supervisor): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let asked = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (asked) return;
      asked = true;
      console.log('\n  ending …');
      resolve();
      // Also when the start itself still waits for a child.
      void supervisor.stop();
    });
  }
  return promise;
}

try {
  console.log('Wattward');
  await start(parseOptions(process.argv.slice(2), root));
  console.log('  all ended');
  process.exit(0);
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode);
  if (error instanceof StartFailure) console.error(`\n${error.message}\n${error.remedy}  [${error.code}]`);
  else console.error(error);
  process.exit(1);
}
