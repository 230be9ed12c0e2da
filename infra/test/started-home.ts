/** `npm start` as a person calls it, in a directory and on ports of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually, freePortsBase, ROOT } from './home-rig.ts';

export interface StartedHome {
  readonly dataDir: string;
  readonly portsBase: number;
  readonly portal: string;
  readonly setupLink: string | null;
  readonly output: () => string;
  readonly child: ChildProcess;
  /** Ctrl-C; resolves with the exit code. */
  stop(): Promise<number | null>;
}

/** Starts and waits for the ready block. `args` as after `npm start --`. */
export async function startHome(
  args: readonly string[],
  place: { readonly dataDir?: string; readonly portsBase?: number } = {},
): Promise<StartedHome> {
  const portsBase = place.portsBase ?? (await freePortsBase());
  const dataDir = place.dataDir ?? mkdtempSync(path.join(tmpdir(), 'start-'));
  const child = spawn(
    process.execPath,
    [path.join(ROOT, 'infra/local/start.js'), ...args, '--ports', String(portsBase), '--data', dataDir],
    { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  await eventually(
    'the ready block',
    () => {
      if (child.exitCode !== null) throw new Error(`npm start ended: ${text}`);
      return text.includes('Wattward is ready') && text.includes('Ctrl-C');
    },
    150_000,
  ).catch((error) => {
    child.kill('SIGKILL');
    throw new Error(`${error instanceof Error ? error.message : error}\n${text}`);
  });
  return {
    dataDir,
    portsBase,
    portal: `http://127.0.0.1:${portsBase}`,
    setupLink: /Set up\s+(http\S+)/.exec(text)?.[1] ?? null,
    output: () => text,
    child,
    stop: () => stopped(child),
  };
}

export function forget(home: StartedHome): void {
  rmSync(home.dataDir, { recursive: true, force: true });
}

function stopped(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.kill('SIGINT');
  });
}
