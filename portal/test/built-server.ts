/** The portal as it is shipped: Next's standalone server, a process of its own on a port of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const START_MS = 60_000;
const END_MS = 10_000;
/** Lines of the log that are kept. */
const MOST_LINES = 500;

/** Builds unless the last build was made from the very same sources. */
export async function buildPortal(): Promise<void> {
  const { buildPortal: build } = (await import(join(ROOT, 'infra/build/portal.ts'))) as {
    buildPortal(root: string, log: (line: string) => void): Promise<void>;
  };
  await build(ROOT, () => undefined);
}

export interface BuiltServer {
  readonly url: string;
  readonly pid: number;
  /** What it wrote, newest last. */
  readonly log: () => readonly string[];
  /** Of the process, in MB of 1,000,000 bytes: now, or the most since its start. */
  readonly memoryMb: (what?: 'VmRSS' | 'VmHWM') => number;
  /** What its main thread has had of the machine so far. */
  readonly turn: () => ThreadTurn;
  /** True as long as it has not ended by itself. */
  readonly isAlive: () => boolean;
  /** In order, as a service manager ends it. */
  stop(): Promise<void>;
}

export interface ThreadTurn {
  /** It computed. */
  readonly cpuMs: number;
  /** It would have computed, but the machine had other things to do. */
  readonly keptWaitingMs: number;
}

export interface ServerPlace {
  readonly dataDir: string;
  readonly provisionFile: string;
  readonly port: number;
  /** What it is told beyond this: `WATTWARD_BROKER_URL`, `INFLUX_URL` and so on. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts what the last build made and waits until it answers. */
export async function startBuiltServer(place: ServerPlace): Promise<BuiltServer> {
  const { PORTAL_FLAGS } = (await import(join(ROOT, 'infra/build/node-flags.ts'))) as {
    readonly PORTAL_FLAGS: readonly string[];
  };
  const { PORTAL_SERVER } = (await import(join(ROOT, 'infra/build/portal.ts'))) as {
    readonly PORTAL_SERVER: string;
  };
  const url = `http://127.0.0.1:${place.port}`;
  const child = spawn(process.execPath, [...PORTAL_FLAGS, join(ROOT, PORTAL_SERVER)], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
      PORT: String(place.port),
      HOSTNAME: '127.0.0.1',
      // A test that computes for a while finds its connections still open.
      KEEP_ALIVE_TIMEOUT: '120000',
      WATTWARD_PORTAL_DATA: place.dataDir,
      WATTWARD_PROVISION: place.provisionFile,
      WATTWARD_PUBLIC_URL: url,
      ...place.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      lines.push(...text.split('\n').filter(Boolean));
      lines.splice(0, lines.length - MOST_LINES);
    });
  }
  try {
    await isUp(child, url);
  } catch (error) {
    await end(child);
    throw new Error(`${error instanceof Error ? error.message : error}\n${lines.join('\n')}`);
  }
  return {
    url,
    pid: child.pid ?? 0,
    log: () => lines,
    memoryMb: (what = 'VmRSS') => memoryMb(child, what),
    turn: () => threadTurn(child),
    isAlive: () => child.exitCode === null && child.signalCode === null,
    stop: () => end(child),
  };
}

async function isUp(child: ChildProcess, url: string): Promise<void> {
  const end = performance.now() + START_MS;
  for (;;) {
    const asked = fetch(`${url}/api/v1/health`, { signal: AbortSignal.timeout(5000) });
    if (await asked.then(({ ok }) => ok).catch(() => false)) return;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('the portal ended at once');
    if (performance.now() > end) throw new Error(`the portal does not answer within ${START_MS / 1000} s`);
    await new Promise((again) => setTimeout(again, 25));
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), END_MS);
  await ended;
  clearTimeout(late);
}

/** Linux tells kB of 1,024. */
function memoryMb(child: ChildProcess, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return (Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / 1e6;
}

/** https://docs.kernel.org/scheduler/sched-stats.html: ns on a processor, and ns waiting for one. */
function threadTurn({ pid }: ChildProcess): ThreadTurn {
  const [ranNs, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ').map(Number);
  return { cpuMs: (ranNs ?? Number.NaN) / 1e6, keptWaitingMs: (waitedNs ?? Number.NaN) / 1e6 };
}

export function freePort(): Promise<number> {
  return new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
