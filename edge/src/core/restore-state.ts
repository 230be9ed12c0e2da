/**
 * From saved JSON to a state that fits the settings of today.
 *
 * Settings change under a running home: a load is added, removed or moved in the list. What is known of each
 * actuator is kept by its id, new ones begin fresh, and no relay jumps because of it. Anything unreadable begins
 * anew: a damaged file costs memory, never the start.
 */
import type { Settings } from './settings.ts';
import { initialBattery, initialLoad, initialState, STATE_VERSION, type State } from './state.ts';
import { emptyMean } from './time-mean.ts';

/** A saved state made fit for `settings`; means over seconds begin anew. */
export function restoreState(json: unknown, settings: Settings): State {
  const fresh = initialState(settings);
  if (!isRecord(json) || json.v !== STATE_VERSION) return fresh;
  const saved = json as unknown as State;
  const state = overlay(fresh, saved);
  state.peak.meanW = emptyMean();
  state.gridMeanW = emptyMean();
  state.fuse = fresh.fuse;
  state.trust = fresh.trust;
  state.startedAtMs = 0;
  return alignState(state, settings);
}

/** The same state for changed settings: actuators matched by id. */
export function alignState(state: State, settings: Settings): State {
  const fresh = initialState(settings);
  return {
    ...state,
    fuse: state.fuse.length === settings.grid.phases ? state.fuse : fresh.fuse,
    loads: settings.loads.map((load) => byId(state.loads, load.id) ?? initialLoad(load.id)),
    batteries: settings.batteries.map((b) => byId(state.batteries, b.id) ?? initialBattery(b.id)),
  };
}

function byId<T extends { id: string }>(list: readonly T[], id: string): T | undefined {
  return list.find((entry) => entry.id === id);
}

/** `saved` laid over `fresh`, keeping only members of the right type. */
function overlay(fresh: State, saved: State): State {
  const template = {
    ...fresh,
    loads: listOf(saved.loads).map((load) => merged(initialLoad(load.id), load)),
    batteries: listOf(saved.batteries).map((battery) => merged(initialBattery(battery.id), battery)),
  };
  return { ...merged(template, saved), loads: template.loads, batteries: template.batteries };
}

function listOf<T extends { id: string }>(value: readonly T[]): readonly T[] {
  return Array.isArray(value) ? value.filter((entry) => isRecord(entry) && typeof entry.id === 'string') : [];
}

/** Members of `saved` where they have the type of `fresh`; nullable ones (null in fresh) are taken as they are. */
function merged<T extends object>(fresh: T, saved: unknown): T {
  if (!isRecord(saved)) return fresh;
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fresh)) {
    const candidate = saved[key];
    if (candidate === undefined) out[key] = value;
    else if (value === null || candidate === null) out[key] = candidate;
    else if (Array.isArray(value)) out[key] = Array.isArray(candidate) ? candidate : value;
    else if (isRecord(value)) out[key] = merged(value, candidate);
    else out[key] = typeof candidate === typeof value ? candidate : value;
  }
  return out as T;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
