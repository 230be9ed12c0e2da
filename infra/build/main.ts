/** `npm run build`: what ships. The portal for production, and box and broker for machines without sources. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { BUNDLES, type Bundle, builtBundle } from './bundle.ts';
import { buildPortal } from './portal.ts';

const root = path.resolve(import.meta.dirname, '../..');

execFileSync(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-b'], {
  cwd: root,
  stdio: 'inherit',
});
for (const name of Object.keys(BUNDLES) as Bundle[]) {
  const dir = path.relative(root, await builtBundle(root, name));
  console.log(
    `built ${Object.keys(BUNDLES[name].launchers)
      .map((file) => `${dir}/${file}`)
      .join(', ')}`,
  );
}
await buildPortal(root, (line) => console.log(line));
console.log('built portal/.next/standalone');
