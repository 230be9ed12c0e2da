/**
 * The portal as it is shipped (Next's standalone server, built when its sources are newer) on an embedded history as
 * large as asked for; measured from outside, as browsers and boxes see it.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../..');
const START_MS = 60_000;

export interface PortalSize {
  /** Sites that may write; those with a history are the first `filled`. */
  readonly sites: number;
  readonly filled: number;
  readonly rawDays: number;
  /** Where the history ends. */
  readonly endMs: number;
}

export interface BenchPortal {
  readonly url: string;
  readonly cookie: string;
  readonly rssMb: () => number;
  /** The most it has been since its start. */
  readonly mostRssMb: () => number;
  readonly fileMb: () => number;
  stop(): Promise<void>;
}

export async function startBenchPortal(size: PortalSize): Promise<BenchPortal> {
  await build();
  const dataDir = mkdtempSync(join(tmpdir(), 'wattward-bench-'));
  const file = join(dataDir, 'history.db');
  const fill = [join(import.meta.dirname, 'history-fill.ts'), file, size.filled, size.rawDays, size.endMs];
  const { status } = spawnSync(process.execPath, fill.map(String), { stdio: 'inherit' });
  if (status !== 0) throw new Error('the store could not be filled');
  const provision = join(dataDir, 'provision.json');
  writeFileSync(provision, JSON.stringify(provisionOf(size.sites)));
  const { PORTAL_FLAGS } = (await import(join(ROOT, 'infra/build/node-flags.ts'))) as {
    readonly PORTAL_FLAGS: readonly string[];
  };
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    process.execPath,
    [...PORTAL_FLAGS, join(ROOT, 'portal/.next/standalone/portal/server.js')],
    {
      env: {
        PATH: process.env.PATH,
        NODE_ENV: 'production',
        NEXT_TELEMETRY_DISABLED: '1',
        PORT: String(port),
        HOSTNAME: '127.0.0.1',
        WATTWARD_PORTAL_DATA: dataDir,
        WATTWARD_PROVISION: provision,
        WATTWARD_PUBLIC_URL: url,
      },
      stdio: 'ignore',
    },
  );
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await isUp(child, url);
    return {
      url,
      cookie: await signIn(url, dataDir),
      rssMb: () => memoryMb(child, 'VmRSS'),
      mostRssMb: () => memoryMb(child, 'VmHWM'),
      fileMb: () => statSync(file).size / 1e6,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function build(): Promise<void> {
  const { buildPortal } = (await import(join(ROOT, 'infra/build/portal.ts'))) as {
    buildPortal(root: string, log: (line: string) => void): Promise<void>;
  };
  await buildPortal(ROOT, () => undefined);
}

function provisionOf(sites: number): object {
  return {
    organisation: { id: 'org', name: 'Org' },
    sites: Array.from({ length: sites }, (_, n) => ({
      id: `site-${n}`,
      name: `Site ${n}`,
      zone: 'Europe/Berlin',
      writeTokenSha256: createHash('sha256').update(`token-${n}`).digest('hex'),
    })),
  };
}

async function isUp(child: ChildProcess, url: string): Promise<void> {
  const untilMs = Date.now() + START_MS;
  for (;;) {
    const health = await fetch(`${url}/api/v1/health`, { signal: AbortSignal.timeout(2000) }).catch(
      () => null,
    );
    if (health?.ok) return;
    if (child.exitCode !== null || Date.now() > untilMs) throw new Error('the portal does not start');
    await new Promise((again) => setTimeout(again, 100));
  }
}

async function signIn(url: string, dataDir: string): Promise<string> {
  const link = new URL(readFileSync(join(dataDir, 'setup-link.txt'), 'utf8').trim());
  const response = await fetch(`${url}/api/v1/setup`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    body: JSON.stringify({
      token: link.searchParams.get('token'),
      name: 'Bench',
      email: 'bench@example.org',
      password: 'a long enough password',
    }),
  });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  return response.headers.get('set-cookie')?.split(';')[0] ?? '';
}

/** In MB of 1,000,000 bytes; Linux tells kB of 1,024. */
function memoryMb(child: ChildProcess, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
  return (Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) * 1024) / 1e6;
}

function freePort(): Promise<number> {
  return new Promise((found) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => found(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
