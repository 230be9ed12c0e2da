/** Puts a bug into the source text of one module while it is loaded; the files stay as they are. */
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutant } from './mutant.ts';

const ROOT = path.resolve(import.meta.dirname, '../../../..');

/** Before the module is imported. The load throws when the text to change does not stand there exactly once. */
export function plant({ id, file, find, replace }: Mutant): { readonly loaded: () => boolean } {
  const target = pathToFileURL(path.join(ROOT, file)).href;
  let loaded = false;
  registerHooks({
    load(url, context, nextLoad) {
      const result = nextLoad(url, context);
      if (url !== target) return result;
      const source = Buffer.from(result.source as Uint8Array).toString('utf8');
      const times = source.split(find).length - 1;
      if (times !== 1) throw new Error(`mutant "${id}": its text stands ${times} times in ${file}`);
      loaded = true;
      return { ...result, source: source.replace(find, () => replace) };
    },
  });
  return { loaded: () => loaded };
}
