/**
 * Makes of the firmware's sources the modules that its manifests name, under `firmware/dist`; the Moddable SDK then
 * links them for the chip. The wiring stays as it is, module by module; everything else becomes one module each.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync, transformSync } from 'esbuild';

const FIRMWARE = path.join(import.meta.dirname, 'firmware');
/** XS knows all of it. */
const TARGET = 'es2022';

const WIRING = ['main.ts', 'update/update-main.ts'];
const BUNDLES = ['relay-firmware.ts', 'update/relay-update.ts'];

/** Text of each module by its name. */
export function firmwareModules(options: { readonly minify?: boolean } = {}): Map<string, string> {
  const { minify = false } = options;
  const modules = new Map<string, string>();
  for (const file of WIRING) {
    const source = readFileSync(path.join(FIRMWARE, file), 'utf8');
    const { code } = transformSync(source, { loader: 'ts', format: 'esm', target: TARGET, minify });
    modules.set(nameOf(file), code);
  }
  for (const file of BUNDLES) {
    const { outputFiles } = buildSync({
      entryPoints: [path.join(FIRMWARE, file)],
      bundle: true,
      format: 'esm',
      target: TARGET,
      minify,
      write: false,
      logLevel: 'warning',
    });
    modules.set(nameOf(file), constant(outputFiles[0]?.text ?? ''));
  }
  return modules;
}

/**
 * esbuild turns what is declared `const` at the top of a module into `var`. For each `var` in flash the chip keeps
 * a place in memory where it might be assigned. Nothing here ever is: a test looks.
 */
function constant(code: string): string {
  return code.replaceAll(/^var /gm, 'const ');
}

function nameOf(file: string): string {
  return path.basename(file, '.ts');
}

if (import.meta.main) {
  const folder = path.join(FIRMWARE, 'dist');
  mkdirSync(folder, { recursive: true });
  for (const [name, code] of firmwareModules()) writeFileSync(path.join(folder, `${name}.js`), code);
}
