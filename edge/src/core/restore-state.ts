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

/**
 * The same state for a control time that lies before its own: every instant is moved by the same amount, so that
 * a minimum time or a wait still has as long to go as it had.
 */
export function rebaseState(state: State, nowMs: number): State {
  const byMs = nowMs - state.atMs;
  const moved = (atMs: number) => (atMs === 0 ? 0 : atMs + byMs);
  return {
    ...state,
    atMs: nowMs,
    startedAtMs: moved(state.startedAtMs),
    lastOnMs: moved(state.lastOnMs),
    importSinceMs: moved(state.importSinceMs),
    bridgeSinceMs: moved(state.bridgeSinceMs),
    trust: {
      ...state.trust,
      lastGoodMs: moved(state.trust.lastGoodMs),
      goodSinceMs: moved(state.trust.goodSinceMs),
    },
    outage: {
      ...state.outage,
      sinceMs: moved(state.outage.sinceMs),
      flowsSinceMs: moved(state.outage.flowsSinceMs),
      nextReturnMs: moved(state.outage.nextReturnMs),
    },
    operator: { lostAtMs: moved(state.operator.lostAtMs) },
    peak: {
      ...state.peak,
      sinceMs: moved(state.peak.sinceMs),
      windowOverSinceMs: moved(state.peak.windowOverSinceMs),
      meanW: emptyMean(),
    },
    plan: { ...state.plan, houseLoadW: emptyMean() },
    gridMeanW: emptyMean(),
    fuse: state.fuse.map(() => ({ meanA: emptyMean(), overMediumSinceMs: 0 })),
    loads: state.loads.map((load) => ({
      ...load,
      sinceMs: moved(load.sinceMs),
      switchesMs: load.switchesMs.map(moved),
      reportedSinceMs: moved(load.reportedSinceMs),
      shed: load.shed && { ...load.shed, atMs: moved(load.shed.atMs) },
      returnedAtMs: moved(load.returnedAtMs),
      fitSinceMs: moved(load.fitSinceMs),
      surplusSinceMs: moved(load.surplusSinceMs),
      activeAtMs: moved(load.activeAtMs),
      currentRaisedMs: moved(load.currentRaisedMs),
      probeSinceMs: moved(load.probeSinceMs),
      probeNotBeforeMs: moved(load.probeNotBeforeMs),
    })),
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
