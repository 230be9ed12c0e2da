/** `npm run build`: the portal for production, and one-file bundles of box and broker for machines without sources. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { BUNDLES, type Bundle, bundle } from './bundle.ts';
import { buildPortal } from './portal.ts';

const root = path.resolve(import.meta.dirname, '../..');

execFileSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-b'], {
  cwd: root,
  stdio: 'inherit',
});
for (const name of Object.keys(BUNDLES) as Bundle[]) {
  await bundle(root, name, path.join(root, name, 'dist'));
  console.log(`built ${name}/dist/run`);
}
await buildPortal(root, (line) => console.log(line));
console.log('built portal/.next/standalone');
