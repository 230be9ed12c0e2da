/** One file for each program of box and broker, for machines without sources; the folder works wherever it is copied. */
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { type Launcher, writeLauncher } from './launcher.ts';
import { BOX_FLAGS, BROKER_FLAGS, MQTT_CLIENT_FLAGS } from './node-flags.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { packSerialModule, serialModuleBeside } from './serial-module.ts';
import { isStamped, sourceHash } from './source-hash.ts';

interface Contents {
  /** Source of each script, by its name. */
  readonly entries: Readonly<Record<string, string>>;
  /** What a person calls, by name. */
  readonly launchers: Readonly<Record<string, Launcher>>;
  readonly serial: boolean;
}

export const BUNDLES = {
  edge: {
    entries: {
      main: 'src/main.ts',
      'store-worker': 'src/store/worker.ts',
      commission: 'src/commissioning/wizard/main.ts',
    },
    launchers: {
      run: { script: 'main.js', flags: BOX_FLAGS },
      // A person's tool, and it fetches: that takes WebAssembly, which the flags of the box leave out.
      commission: { script: 'commission.js', flags: MQTT_CLIENT_FLAGS },
    },
    serial: true,
  },
  broker: {
    entries: { main: 'src/main.ts' },
    launchers: { run: { script: 'main.js', flags: BROKER_FLAGS } },
    serial: false,
  },
} as const satisfies Record<string, Contents>;

export type Bundle = keyof typeof BUNDLES;

const SOURCES = ['{edge,broker}/{src/**/*,package.json}', 'infra/build/*', 'package-lock.json'];

/**
 * The folder of the bundle, built unless it was made from the very same sources at the same commit. Several processes
 * may ask at once: one builds, the others wait for it.
 */
export async function builtBundle(root: string, name: Bundle): Promise<string> {
  const outdir = path.join(root, name, 'dist');
  const stamp = path.join(outdir, 'source-hash');
  const isBuilt = () => isStamped(stamp, hashOf(root));
  if (!isBuilt()) {
    await oneAtATime(outdir, async () => {
      if (isBuilt()) return;
      const hash = hashOf(root);
      rmSync(outdir, { recursive: true, force: true });
      await bundle(root, name, outdir);
      writeFileSync(stamp, hash);
    });
  }
  return outdir;
}

/** The box tells its commit, so the bundle of another commit is another bundle. */
function hashOf(root: string): string {
  return `${commitOf(root)} ${sourceHash(root, SOURCES)}`;
}

async function bundle(root: string, name: Bundle, outdir: string): Promise<void> {
  const { entries, launchers, serial }: Contents = BUNDLES[name];
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
    plugins: serial ? [serialModuleBeside] : [],
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  if (serial) await packSerialModule(room, outdir);
  writeFileSync(path.join(outdir, 'package.json'), '{ "type": "module" }\n');
  for (const [file, launcher] of Object.entries<Launcher>(launchers))
    writeLauncher(path.join(outdir, file), launcher);
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
