/**
 * `serialport` beside the bundle of the box: its code in one file, and its native part for the machines a box runs on.
 * It stays a module of its own, because native code is a file on the disk, and because only a home with a serial line
 * shall pay for it.
 */
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build, type Plugin } from 'esbuild';

const FOLDER = 'serialport';
const ENTRY = `${FOLDER}/dist/serialport.cjs`;
/** Each for glibc and musl; the machines for which Node 24 is published and a box is bought. */
const MACHINES = ['linux-x64', 'linux-arm64'] as const;

/** Makes the box look for the module beside itself. */
export const serialModuleBeside: Plugin = {
  name: 'serialport-beside',
  setup: ({ onResolve }) => {
    onResolve({ filter: /^serialport$/ }, () => ({ path: `./${ENTRY}`, external: true }));
  },
};

/** Packs the module into `outdir`. */
export async function packSerialModule(room: string, outdir: string): Promise<void> {
  const { resolve } = createRequire(path.join(room, 'package.json'));
  const from = resolve('serialport');
  const bindings = path.dirname(createRequire(from).resolve('@serialport/bindings-cpp/package.json'));
  await build({
    entryPoints: [from],
    outfile: path.join(outdir, ENTRY),
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node24',
    // The loader looks for `prebuilds` one folder above the file it is called from.
    format: 'cjs',
    logLevel: 'warning',
  });
  for (const machine of MACHINES) {
    const prebuilds = path.join('prebuilds', machine);
    cpSync(path.join(bindings, prebuilds), path.join(outdir, FOLDER, prebuilds), { recursive: true });
  }
  cpSync(path.join(bindings, 'LICENSE'), path.join(outdir, FOLDER, 'LICENSE'));
}
