/** The signing process as it is started beside the portal. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const MAIN = join(import.meta.dirname, '../signer/main.ts');

export interface SignerProcess {
  readonly child: ChildProcess;
  readonly socket: string;
  stop(): Promise<void>;
}

/** Starts it on `dataDir`, where the portal's database lies, and waits until it listens. */
export async function startSigner(
  dataDir: string,
  env: Readonly<Record<string, string>> = {},
): Promise<SignerProcess> {
  const child = spawn(process.execPath, [MAIN, '--data', dataDir], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [word] = (await once(child, 'message')) as [{ ready?: boolean; failed?: { message: string } }];
  if (!word.ready) throw new Error(word.failed?.message ?? 'the signer does not start');
  return {
    child,
    socket: join(dataDir, 'signer.sock'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
