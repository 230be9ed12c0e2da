/** The home's state on disk, so that a restart goes on where the last run ended. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BoardFlash } from '../faces/board-twin.ts';
import { HomeModel } from './home-model.ts';
import { type SavedHome, stateFits } from './running-home.ts';
import type { Home, HomeObject } from './schema.ts';

const FILE = 'home-state.json';

export interface SavedState {
  readonly home: SavedHome;
  /** What each board keeps in flash, by object id. */
  readonly boards: Readonly<Record<string, BoardFlash>>;
  /** Objects that were changed or added while the home ran. */
  readonly changes: readonly HomeObject[];
  /** Ids of objects that were removed while the home ran. */
  readonly removed?: readonly string[];
}

/** What differs between a home file and the home as it runs. */
export function differences(file: Home, running: Home): Pick<SavedState, 'changes' | 'removed'> {
  const before = new Map(file.objects.map((object) => [object.id, JSON.stringify(object)]));
  const now = new Set(running.objects.map(({ id }) => id));
  return {
    changes: running.objects.filter((object) => before.get(object.id) !== JSON.stringify(object)),
    removed: file.objects.map(({ id }) => id).filter((id) => !now.has(id)),
  };
}

/** What was changed while the home ran stays changed; a file that was edited since counts where it can. */
export function withDifferences(file: Home, saved: Pick<SavedState, 'changes' | 'removed'>): Home {
  const { changes, removed = [] } = saved;
  const objects = file.objects
    .filter(({ id }) => !removed.includes(id))
    .map((object) => changes.find((c) => c.id === object.id && c.kind === object.kind) ?? object);
  const known = new Set(file.objects.map(({ id }) => id));
  return { ...file, objects: [...objects, ...changes.filter(({ id }) => !known.has(id))] };
}

export function saveState(dir: string, state: SavedState): void {
  mkdirSync(dir, { recursive: true });
  const file = path.join(dir, FILE);
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}

/** The home as it was left, with its state; undefined when there is none, or when it belongs to another home. */
export function loadState(
  dir: string,
  file: Home,
): { readonly home: Home; readonly saved: SavedState } | undefined {
  let data: SavedState;
  try {
    data = JSON.parse(readFileSync(path.join(dir, FILE), 'utf8')) as SavedState;
  } catch {
    return undefined;
  }
  if (!data.home || !Array.isArray(data.changes)) return undefined;
  const home = withDifferences(file, data);
  return stateFits(new HomeModel(home), data.home) ? { home, saved: restoreTimes(data) } : undefined;
}

/** JSON has no -Infinity; a light that was never sampled comes back as null. */
function restoreTimes(data: SavedState): SavedState {
  const inverters = data.home.state.inverters.map((own) => ({
    ...own,
    pvSampledAtMs: own.pvSampledAtMs ?? Number.NEGATIVE_INFINITY,
  }));
  return { ...data, home: { ...data.home, state: { ...data.home.state, inverters } } };
}
