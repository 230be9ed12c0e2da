import type { Store, StoreOptions } from './store.ts';

/** Opens (or makes) the two databases in a worker thread. Resolves when state can be loaded. */
export function openStore(options: StoreOptions): Promise<Store> {
  throw new Error(`not yet: ${options.dir}`);
}
