/** Starts everything when the web server starts, and ends it in order. */

import { startPortal } from './portal.ts';
import { log } from './problems/log.ts';
import { isStartError } from './problems/start-error.ts';
import { running, setRunning } from './running.ts';
import { readSettings } from './settings.ts';
import { mendRequests } from './what-next-cannot-take.ts';

const ORDERLY_MS = 2500;

export async function boot(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  if (running()) return;
  mendRequests();
  // What it writes tells of a home: for its own user only.
  process.umask(0o077);
  try {
    const portal = await startPortal(readSettings(env));
    setRunning(portal);
    const end = () => {
      setTimeout(() => process.exit(0), ORDERLY_MS).unref();
      portal.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    process.once('SIGTERM', end);
    process.once('SIGINT', end);
    process.once('disconnect', end);
    log.info('ready', { data: portal.settings.dataDir, history: portal.sink ? 'embedded' : 'influxdb' });
    process.send?.({ ready: true, url: portal.settings.publicUrl });
  } catch (error) {
    failStart(error);
  }
}

function failStart(error: unknown): void {
  const failed = isStartError(error)
    ? { code: error.code, message: error.message, remedy: error.remedy }
    : { code: 'start-failed', message: String(error), remedy: 'Look into the log above.' };
  process.stderr.write(`${failed.message} (${failed.code}). ${failed.remedy}\n`);
  process.exitCode = 1;
  if (process.send) process.send({ failed }, () => process.exit(1));
  else process.exit(1);
}
