/** `node portal/signer/main.ts --data DIR`: holds the set-point key, signs over `DIR/signer.sock`. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { approverWaitMs } from '../server/rights/approver-wait.ts';
import { loadKey, PUBLIC_KEY_FILE } from './key-file.ts';
import { serveSigning } from './signing-server.ts';

async function main(): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < 24) {
    throw Object.assign(new Error(`Node ${process.versions.node} is too old`), {
      code: 'old-node',
      remedy: 'Start it by an npm script of the project, which brings Node 24 along.',
    });
  }
  // What this process writes is for its own user only.
  process.umask(0o077);
  const youngMs = approverWaitMs(process.env);
  if (youngMs === null) {
    throw Object.assign(new Error('WATTWARD_APPROVER_WAIT_DAYS is no number of days from 0 to 365'), {
      code: 'bad-settings',
      remedy: 'Mend this environment variable and start again.',
    });
  }
  const { values } = parseArgs({ options: { data: { type: 'string', default: '.wattward/portal' } } });
  const dataDir = resolve(values.data);
  const socket = join(dataDir, 'signer.sock');
  const peopleFile = join(dataDir, 'portal.db');
  const server = await serveSigning({ key: loadKey(dataDir), peopleFile, nowMs: Date.now, youngMs }, socket);
  const end = () => {
    server.close(() => process.exit(0));
    setTimeout(() => process.exit(0), 1000).unref();
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.once('disconnect', end);
  process.stderr.write(
    `${JSON.stringify({ level: 'info', time: Date.now(), name: 'signer', msg: 'ready', socket })}\n`,
  );
  process.send?.({ ready: true, socket, publicKey: join(dataDir, PUBLIC_KEY_FILE) });
}

main().catch((error: Error & { code?: string; remedy?: string }) => {
  const failed = {
    code: error.code ?? 'signer-failed',
    message: `the signing process cannot start: ${error.message}`,
    remedy:
      error.remedy ??
      'The directory given by --data must be writable, and its path short (a socket lies in it).',
  };
  process.stderr.write(`${failed.message} (${failed.code}). ${failed.remedy}\n`);
  process.exitCode = 1;
  if (process.send) process.send({ failed }, () => process.exit(1));
});
