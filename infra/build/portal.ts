/** Builds the portal's standalone server when its sources have changed since the last build. */
import { spawn } from 'node:child_process';
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { oneAtATime } from './one-at-a-time.ts';
import { isStamped, sourceHash } from './source-hash.ts';

/** Path of the server to run, below the root. */
export const PORTAL_SERVER = 'portal/.next/standalone/portal/server.js';
const STAMP = 'portal/.next/standalone/source-hash';

const SOURCES = ['portal/**/*', 'broker/src/wire/**/*', 'broker/package.json', 'package-lock.json'];

export function portalIsBuilt(root: string): boolean {
  return (
    existsSync(path.join(root, PORTAL_SERVER)) && isStamped(path.join(root, STAMP), sourceHash(root, SOURCES))
  );
}

/**
 * Builds unless the last build was made from the very same sources. Several processes may ask at once: one builds,
 * the others wait for it.
 * @param log receives the build's own lines.
 * @throws Error with the last lines of the build when it fails.
 */
export async function buildPortal(root: string, log: (line: string) => void): Promise<void> {
  if (portalIsBuilt(root)) return;
  await oneAtATime(path.join(root, 'portal/.next'), async () => {
    if (portalIsBuilt(root)) return;
    const hash = sourceHash(root, SOURCES);
    await nextBuild(root, log);
    const standalone = path.join(root, 'portal/.next/standalone/portal');
    cpSync(path.join(root, 'portal/.next/static'), path.join(standalone, '.next/static'), {
      recursive: true,
    });
    const assets = path.join(root, 'portal/public');
    if (existsSync(assets)) cpSync(assets, path.join(standalone, 'public'), { recursive: true });
    writeFileSync(path.join(root, STAMP), hash);
  });
}

function nextBuild(root: string, log: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(root, 'node_modules/next/dist/bin/next'), 'build'], {
      cwd: path.join(root, 'portal'),
      env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: 'production' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const tail: string[] = [];
    const take = (chunk: Buffer) => {
      for (const line of chunk.toString().split('\n').filter(Boolean)) {
        log(line);
        tail.push(line);
        if (tail.length > 30) tail.shift();
      }
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`the portal does not build:\n${tail.join('\n')}`)),
    );
  });
}
