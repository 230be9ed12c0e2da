/**
 * One start of the box, as far as it remembers and tells: its own recorder, keeper, outbox, carrier and courier, over a
 * disk, a server and a clock that are given. Times: `nowMs` is the true time, the box's monotonic clock counts from its
 * start. Ports answer at once; where the box waits for an answer, whoever calls waits for it, too.
 */
import type { State } from '@wattward/edge/core/state';
import type { Answer } from '@wattward/edge/delivery/answers';
import { Carrier } from '@wattward/edge/delivery/carrier';
import type { Sources } from '@wattward/edge/latch/sources';
import { Keeper } from '@wattward/edge/record/keeper';
import { PointMaker, type PointsInput } from '@wattward/edge/record/points';
import { cycleRecord, Recorder, type RecordStore } from '@wattward/edge/record/recorder';
import type { DecisionRecord, MinuteSummary, OutboxBounds, Point, Stamp } from '@wattward/edge/record/store';
import type { DecidedInLoop } from '../../closed-loop.ts';
import type { VirtualLog, VirtualStates } from './virtual-log.ts';

export interface RecordingPorts {
  readonly log: VirtualLog;
  readonly states: VirtualStates;
  readonly random: () => number;
  /** What the server says, and how long it takes to say it. */
  readonly send: (lines: readonly string[]) => { readonly answer: Answer; readonly tookMs: number };
  /** What is about to be recorded, and in its place what is. */
  readonly onPoints: (points: readonly Point[]) => readonly Point[];
  readonly onDecisions: (decisions: readonly DecisionRecord[]) => void;
  readonly onMinute: (minute: MinuteSummary) => void;
}

export interface RecordingOptions {
  readonly siteId: string;
  readonly site: PointsInput['site'];
  readonly boot: string;
  readonly bounds: OutboxBounds;
  readonly recordMs: number;
  readonly commitEveryMs: number;
  readonly bootAtMs: number;
}

/** Between two calls of a port nothing of the box waits for more promises than this. */
const QUIET_TURNS = 12;

export class RecordingBox {
  readonly #ports: RecordingPorts;
  readonly #options: RecordingOptions;
  readonly #keeper: Keeper;
  readonly #recorder: Recorder;
  readonly #carrier: Carrier;
  /** What the courier has been given and has not settled, by batch, bytes of its lines. */
  readonly #held = new Map<string, number>();
  /** The cycle that is recorded last: a block ends with it, whenever it is written. */
  #newest: { readonly cycle: string; readonly state: State } | null = null;
  #devices: { readonly sources: Sources; readonly answering: PointsInput['devices'] } | null = null;
  #nowMs: number;
  #alarm: { readonly atMs: number; readonly ring: () => void } | null = null;
  #answer: { readonly atMs: number; readonly give: () => void } | null = null;
  #calls = 0;
  #accepted = -1;
  #broken: { readonly cause: unknown } | null = null;

  constructor(ports: RecordingPorts, options: RecordingOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#nowMs = options.bootAtMs;
    const { siteId, boot, commitEveryMs, bounds, recordMs } = options;
    const places = { state: ports.states, log: ports.log };
    this.#keeper = new Keeper({ site: siteId, bootId: boot, commitEveryMs, bounds }, places, () => {});
    this.#recorder = new Recorder({
      store: this.#store(),
      points: new PointMaker(),
      // A cycle stands for itself: that it comes out the same again is looked at elsewhere.
      cycles: { next: ({ decision }) => String(decision.cycle), hash: '' },
      recordMs,
      onEvent: () => {},
    });
    ports.log.stateAfter = (cycle) => (this.#newest?.cycle === cycle ? this.#newest.state : null);
    this.#carrier = this.#openCarrier();
    this.#carrier.run().catch((cause: unknown) => {
      this.#broken = { cause };
    });
  }

  /** Bytes on their way, which cannot give way. */
  get heldBytes(): number {
    let sum = 0;
    for (const bytes of this.#held.values()) sum += bytes;
    return sum;
  }

  /**
   * Records a cycle, and carries on. Null when nothing in it had to wait.
   * @throws PowerCut when the supply goes in the middle of it; nothing of this object may be used then.
   */
  cycle(decided: DecidedInLoop, nowMs: number, wallMs: number | null): Promise<void> | null {
    this.#nowMs = nowMs;
    const { siteId, site } = this.#options;
    const { before, snapshot, settings, state, decision, sources } = decided;
    const at = this.#stamp(wallMs);
    const devices = this.#devicesOf(sources);
    const record = cycleRecord(
      { siteId, site, devices },
      { at, before, snapshot, core: settings, plan: null, decision },
      state,
    );
    this.#newest = { cycle: String(decision.cycle), state };
    void this.#recorder.commit(record);
    this.#recorder.record(record);
    this.#keeper.tick();
    return this.#carry();
  }

  #stamp(wallMs: number | null): Stamp {
    return { monoMs: this.#nowMs - this.#options.bootAtMs, wallMs };
  }

  #devicesOf(sources: Sources): PointsInput['devices'] {
    if (this.#devices?.sources === sources) return this.#devices.answering;
    const { boards } = sources;
    const devices = { boards, meters: answering(sources.meters), inverters: answering(sources.inverters) };
    this.#devices = { sources, answering: devices };
    return devices;
  }

  /** What came up since the last cycle: something to send, the end of a wait, an answer. */
  #carry(): Promise<void> | null {
    const accepted = this.#ports.log.log?.outbox.ledger.accepted ?? this.#accepted;
    const isNew = accepted > this.#accepted;
    const rings = this.#alarm !== null && this.#nowMs >= this.#alarm.atMs;
    const answers = this.#answer !== null && this.#nowMs >= this.#answer.atMs;
    if (!isNew && !rings && !answers) return null;
    this.#accepted = accepted;
    if (isNew) this.#carrier.wake();
    if (rings) {
      const { ring } = this.#alarm ?? { ring: () => {} };
      this.#alarm = null;
      ring();
    }
    if (answers) {
      const { give } = this.#answer ?? { give: () => {} };
      this.#answer = null;
      give();
    }
    return this.#quiet();
  }

  /** Until nothing of the box goes on by itself. */
  async #quiet(): Promise<void> {
    for (let calls = -1; calls !== this.#calls; ) {
      calls = this.#calls;
      for (let turn = 0; turn < QUIET_TURNS; turn += 1) await null;
    }
    if (this.#broken) throw this.#broken.cause;
  }

  #store(): RecordStore {
    const keeper = () => this.#keeper;
    const { onPoints, onDecisions, onMinute } = this.#ports;
    return {
      saveState: (key, json) => Promise.resolve(keeper().saveState(key, json)),
      recordPoints: (points, at) => keeper().recordPoints(onPoints(points), at),
      recordSnapshot: (json, at) => keeper().recordSnapshot(json, at),
      recordMinute: (summary, at) => {
        onMinute(summary);
        keeper().recordMinute(summary, at);
      },
      recordSlot: (slot, at) => keeper().recordSlot(slot, at),
      recordDecisions: (decisions, at) => {
        onDecisions(decisions);
        return Promise.resolve(keeper().recordDecisions(decisions, at));
      },
      recordEvent: (event, at) => Promise.resolve(keeper().recordEvent(event, at)),
    };
  }

  #openCarrier(): Carrier {
    return new Carrier({
      outbox: {
        nextBatch: async (wish) => {
          this.#calls += 1;
          const batch = this.#keeper.nextBatch(wish);
          if (batch) this.#held.set(batch.id, bytesOf(batch.lines));
          return batch;
        },
        settleBatch: async (id, outcome) => {
          this.#calls += 1;
          this.#keeper.settleBatch(id, outcome);
          this.#held.delete(id);
        },
        pendingPoints: () => this.#ports.log.log?.outbox.pendingPoints() ?? 0,
      },
      post: (lines) => {
        this.#calls += 1;
        const { answer, tookMs } = this.#ports.send(lines);
        return new Promise((resolve) => {
          this.#answer = { atMs: this.#nowMs + tookMs, give: () => resolve(answer) };
        });
      },
      clock: {
        monoMs: () => this.#nowMs,
        alarm: (atMs, ring) => {
          this.#calls += 1;
          this.#alarm = { atMs, ring };
          return () => {
            this.#alarm = null;
          };
        },
      },
      random: this.#ports.random,
    });
  }
}

function bytesOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

/** Devices of the loop keep their newest readings and say no more. */
function answering(devices: Sources['meters']): PointsInput['devices']['meters'] {
  return new Map(
    [...devices].map(([id, { source }]) => [
      id,
      { source: { readings: () => source.readings(), failure: () => null } },
    ]),
  );
}
