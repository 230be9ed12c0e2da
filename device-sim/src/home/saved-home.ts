/** The home's state on disk, so that a restart goes on where the last run ended. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { BoardFlash } from '../faces/board-twin.ts';
import type { HomeModel } from './home-model.ts';
import type { SavedHome } from './running-home.ts';
import type { HomeObject } from './schema.ts';

const FILE = 'home-state.json';

export interface SavedState {
  readonly home: SavedHome;
  /** What each board keeps in flash, by object id. */
  readonly boards: Readonly<Record<string, BoardFlash>>;
  /** Objects whose properties were changed while the home ran. */
  readonly changes: readonly HomeObject[];
}

export function saveState(dir: string, state: SavedState): void {
  mkdirSync(dir, { recursive: true });
  const file = path.join(dir, FILE);
  writeFileSync(`${file}.new`, JSON.stringify(state));
  renameSync(`${file}.new`, file);
}

/** Undefined when there is none, or when it belongs to a home of another shape. */
export function loadState(dir: string, model: HomeModel): SavedState | undefined {
  let data: SavedState;
  try {
    data = JSON.parse(readFileSync(path.join(dir, FILE), 'utf8')) as SavedState;
  } catch {
    return undefined;
  }
  const { state, version } = data.home ?? {};
  const fits =
    version === 1 &&
    state?.loads.length === model.loads.length &&
    state.inverters.length === model.plans.length &&
    state.inverters.every((own, n) => (own.battery !== null) === (model.plans[n]?.battery != null));
  return fits ? restoreTimes(data) : undefined;
}

/** JSON has no -Infinity; a light that was never sampled comes back as null. */
function restoreTimes(data: SavedState): SavedState {
  const inverters = data.home.state.inverters.map((own) => ({
    ...own,
    pvSampledAtMs: own.pvSampledAtMs ?? Number.NEGATIVE_INFINITY,
  }));
  return { ...data, home: { ...data.home, state: { ...data.home.state, inverters } } };
}
