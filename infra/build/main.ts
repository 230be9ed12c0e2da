/** `npm run build`: the portal for production, and one-file bundles of box and broker for machines without sources. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { build } from 'esbuild';
import { buildPortal } from './portal.ts';

const root = path.resolve(import.meta.dirname, '../..');

for (const room of ['edge', 'broker']) {
  await build({
    entryPoints: { main: path.join(root, room, 'src/main.ts') },
    outdir: path.join(root, room, 'dist'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    // CommonJS packages inside an ES module bundle still call require().
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
    external: ['serialport'],
    sourcemap: true,
    logLevel: 'warning',
  });
  console.log(`built ${room}/dist/main.js`);
}
execFileSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-b'], {
  cwd: root,
  stdio: 'inherit',
});
await buildPortal(root, (line) => console.log(line));
console.log('built portal/.next/standalone');
