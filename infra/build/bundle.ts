/** One file each for machines without sources: the box with its disk's worker, and the broker. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { BOX_FLAGS, BROKER_FLAGS } from './node-flags.ts';

export const BUNDLES = {
  edge: { entries: { main: 'src/main.ts', 'store-worker': 'src/store/worker.ts' }, flags: BOX_FLAGS },
  broker: {
    entries: { main: 'src/main.ts' },
    flags: BROKER_FLAGS,
  },
} as const;

export type Bundle = keyof typeof BUNDLES;

/** Writes `main.js` and a launcher `run` into `outdir`. */
export async function bundle(root: string, name: Bundle, outdir: string): Promise<void> {
  const { entries, flags } = BUNDLES[name];
  const room = path.join(root, name);
  await build({
    entryPoints: Object.fromEntries(
      Object.entries(entries).map(([out, entry]) => [out, path.join(room, entry)]),
    ),
    outdir,
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // CommonJS packages inside an ES module bundle still call require().
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    define: { 'process.env.WATTWARD_COMMIT': JSON.stringify(commitOf(root)) },
    external: ['serialport'],
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  mkdirSync(outdir, { recursive: true });
  writeFileSync(path.join(outdir, 'package.json'), '{ "type": "module" }\n');
  const launcher = path.join(outdir, 'run');
  writeFileSync(launcher, `#!/bin/sh\nexec node ${flags.join(' ')} "$(dirname "$0")/main.js" "$@"\n`);
  chmodSync(launcher, 0o755);
}

/** The commit of the sources; `unknown` where they came without their history. */
function commitOf(root: string): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown';
  }
}
