/**
 * What a cycle leaves behind: points at their interval, the snapshot for replays, changes of outcome and alarms at
 * once, and the state whenever it holds something that must survive (and every 5 minutes anyway).
 */
import type { Decision } from '../core/decision.ts';
import type { State } from '../core/state.ts';
import type { CycleWriter, DecidedCycle } from './decided-cycle.ts';
import { meanSocPct } from './mean-soc-pct.ts';
import { MinuteMaker } from './minute-maker.ts';
import type { PointMaker, PointsInput } from './points.ts';
import type { DecisionReadings, EventRecord, Stamp, Store } from './store.ts';

export const CONTROL_STATE_KEY = 'control';

/** What of the store the recorder needs. */
export type RecordStore = Pick<
  Store,
  | 'saveState'
  | 'recordPoints'
  | 'recordSnapshot'
  | 'recordMinute'
  | 'recordSlot'
  | 'recordDecisions'
  | 'recordEvent'
>;

export interface RecorderOptions {
  readonly store: RecordStore;
  readonly points: PointMaker;
  readonly cycles: CycleWriter;
  /** Site milliseconds between two recordings of points. */
  readonly recordMs: number;
  /** There may be events to send. */
  readonly onEvent: () => void;
}

export interface CycleRecord extends DecidedCycle {
  readonly state: State;
  readonly points: () => PointsInput;
  readonly batterySocPct: number | null;
}

/** What is to be recorded of a cycle of the home. */
export function cycleRecord(
  home: Pick<PointsInput, 'siteId' | 'site' | 'devices'>,
  cycle: DecidedCycle,
  state: State,
): CycleRecord {
  const { core, snapshot, decision } = cycle;
  const batterySocPct = meanSocPct(core, snapshot);
  const loadPowersW = snapshot.loads.map(({ powerW }) => powerW.value);
  const points = () => ({ ...home, state, decision, batterySocPct, loadPowersW });
  return { ...cycle, state, batterySocPct, points };
}

const STATE_EVERY_MS = 300_000;

export class Recorder {
  readonly #options: RecorderOptions;
  readonly #minutes = new MinuteMaker();
  readonly #alarms = new Map<string, EventRecord>();
  #pointsAtMonoMs: number | null = null;
  #stateAtMonoMs = 0;
  #mode: string | null = null;

  constructor(options: RecorderOptions) {
    this.#options = options;
  }

  /** Alarms that stand at present. */
  get alarms(): number {
    return this.#alarms.size;
  }

  /** The commit that non-urgent commands wait for, null when nothing new must survive. */
  commit({ at, state, decision }: CycleRecord): Promise<unknown> | null {
    const due = at.monoMs - this.#stateAtMonoMs >= STATE_EVERY_MS;
    if (!decision.mustPersist && !due) return null;
    this.#stateAtMonoMs = at.monoMs;
    const saved = this.#options.store.saveState(CONTROL_STATE_KEY, JSON.stringify(state));
    return decision.mustPersist ? saved : null;
  }

  /** Everything that no command waits for. */
  record(cycle: CycleRecord): void {
    const { store, points, cycles, recordMs } = this.#options;
    const { at, decision } = cycle;
    points.add(decision);
    store.recordSnapshot(cycles.next(cycle), at);
    const minute = this.#minutes.add(at, decision, {
      batterySocPct: cycle.batterySocPct,
      recordHash: cycles.hash,
    });
    if (minute) store.recordMinute(minute, at);
    if (decision.closedSlot) store.recordSlot(decision.closedSlot, at);
    if (this.#pointsAtMonoMs === null || at.monoMs - this.#pointsAtMonoMs >= recordMs) {
      this.#pointsAtMonoMs = this.#nextGrid(at.monoMs, recordMs);
      store.recordPoints(points.points(cycle.points()), at);
    }
    if (decision.outcomes.length > 0) this.#outcomes(cycle);
    this.#watchAlarms(decision, at);
  }

  /** An event from outside the decision: a board that is gone, a store that is full. */
  event(event: EventRecord, at: Stamp): void {
    void this.#options.store.recordEvent(event, at).then(() => this.#options.onEvent());
  }

  /** Saves the state now, at the end. */
  async finish(state: State): Promise<void> {
    await this.#options.store.saveState(CONTROL_STATE_KEY, JSON.stringify(state));
  }

  /** Recordings stay on a grid of their interval, whatever the pace of the cycle. */
  #nextGrid(nowMonoMs: number, recordMs: number): number {
    const last = this.#pointsAtMonoMs;
    return last === null ? nowMonoMs : last + recordMs * Math.floor((nowMonoMs - last) / recordMs);
  }

  #outcomes({ at, decision, batterySocPct }: CycleRecord): void {
    const readings: DecisionReadings = {
      ...decision.balance,
      batterySocPct,
      demandW: decision.demand.demandW,
    };
    const records = decision.outcomes.map(({ actuator, outcome, reason }) => ({
      actuator,
      outcome,
      reason: { ...reason, params: { ...reason.params } },
      homeMode: decision.homeMode,
      cycle: decision.cycle,
      readings,
    }));
    void this.#options.store.recordDecisions(records, at);
    if (this.#mode !== null && this.#mode !== decision.homeMode) {
      const severity = decision.homeMode === 'normal' ? 'info' : 'warning';
      const params = { from: this.#mode, to: decision.homeMode, because: decision.reason.code };
      this.event({ severity, code: 'home-mode', params }, at);
    }
    this.#mode = decision.homeMode;
  }

  #watchAlarms(decision: Decision, at: Stamp): void {
    const standing = new Set<string>();
    for (const { code, actuator, params } of decision.alarms) {
      const key = `${code} ${actuator}`;
      standing.add(key);
      if (this.#alarms.has(key)) continue;
      const event: EventRecord = { severity: 'alarm', code, params: { ...params, actuator } };
      this.#alarms.set(key, event);
      this.event(event, at);
    }
    for (const [key, event] of this.#alarms) {
      if (standing.has(key)) continue;
      this.#alarms.delete(key);
      this.event(
        { severity: 'info', code: 'alarm-over', params: { ...event.params, alarm: event.code } },
        at,
      );
    }
  }
}
