/**
 * The history's part of a campaign: what the box decides and reads goes through its own recorder, keeper, outbox, courier
 * and carrier to a server, and both disk and server fail as the seed wants it.
 */
import { lastState } from '@wattward/edge/record/last-state';
import { CONTROL_STATE_KEY } from '@wattward/edge/record/recorder';
import type { Point } from '@wattward/edge/record/store';
import type { DecidedInLoop } from '../../closed-loop.ts';
import type { InstalledSite } from '../../installed-site.ts';
import type { TraceHash } from '../../trace-hash.ts';
import type { FaultWeather } from '../fault-weather.ts';
import type { Check } from '../known.ts';
import { Random } from '../random.ts';
import { HistoryOracle } from './history-oracle.ts';
import { MinuteOracle } from './minute-oracle.ts';
import { RecordingBox } from './recording-box.ts';
import { PowerCut, VirtualDisk } from './virtual-disk.ts';
import { type Mood, POISON, VirtualInflux } from './virtual-influx.ts';
import { VirtualLog, VirtualStates } from './virtual-log.ts';

export interface HistoryFacts {
  readonly nowMs: number;
  /** Null while the box does not run. */
  readonly decided: DecidedInLoop | null;
  readonly clockTrusted: boolean;
}

export interface HistoryRigOptions {
  readonly weather: FaultWeather;
  readonly seed: number;
  readonly startMs: number;
  readonly site: InstalledSite['site'];
  readonly check: Check;
}

/** Often enough, on a small disk, that the first step of thinning has something to do. */
const RECORD_MS = { small: 20_000, roomy: 60_000 } as const;
const COMMIT_MS = 50_000;
/** Blanks and commas need care in the line protocol. */
const SITE_ID = 'Home, left';
const MAX_BYTES = { small: 200_000, roomy: 64 * 1024 * 1024 } as const;
/** Room is looked at so often, when nothing has hindered it for a while. */
const ROOM_EVERY_MS = 600_000;
const ROOM_CALM_MS = 120_000;
const MAX_RETRY_AFTER_MS = 600_000;
/** A server that refuses us is asked again after a minute, or up to a fifth less. */
const REFUSED_MS = 48_000;
/** Classes that may hinder any single request. */
const HINDRANCES = [
  'history-errors',
  'history-lost-answer',
  'history-slow',
  'history-small',
  'history-poison',
  'disk-small',
] as const;
const REFUSALS = [401, 403, 404, 200, 302] as const;
const ERRORS = [500, 502, 503, 408, 425] as const;

export class HistoryRig {
  readonly oracle: HistoryOracle;
  readonly #minutes: MinuteOracle;
  readonly #options: HistoryRigOptions;
  readonly #weather: FaultWeather;
  readonly #random: Random;
  readonly #server: VirtualInflux;
  readonly #disk: VirtualDisk;
  readonly #log: VirtualLog;
  readonly #states = new VirtualStates();
  readonly #check: Check;
  readonly #size: keyof typeof MAX_BYTES;
  #box: RecordingBox | null = null;
  #boots = 0;
  #requests = 0;
  #nowMs: number;
  #roomLookedAtMs: number;
  /** The server has asked for silence until then. */
  #silentUntilMs = 0;
  #hinderedAtMs: number;

  constructor(options: HistoryRigOptions) {
    const { weather, seed, startMs, check } = options;
    this.#options = options;
    this.#weather = weather;
    this.#random = new Random(seed ^ 0x3c6ef372);
    this.#nowMs = startMs;
    this.#hinderedAtMs = startMs;
    this.#roomLookedAtMs = startMs;
    this.#check = check;
    this.#server = new VirtualInflux(this.#random);
    this.#size = weather.forGood('disk-small') ? 'small' : 'roomy';
    this.#disk = new VirtualDisk(
      {
        full: () => weather.spell('disk-full', this.#nowMs).holds,
        powerCut: () => weather.strikes('power-cut'),
      },
      this.#random,
    );
    this.#log = new VirtualLog(this.#disk, () => this.#nowMs);
    this.oracle = new HistoryOracle(check, {
      disk: this.#disk,
      server: this.#server,
      maxBytes: MAX_BYTES[this.#size],
      startMs,
    });
    this.#minutes = new MinuteOracle(check);
  }

  /** What the box finds on its disk when it starts. */
  get lastState(): unknown {
    return lastState(this.#states.load(CONTROL_STATE_KEY), this.#log.replayed);
  }

  /**
   * One cycle of the box. Resolves, once it has done what there was to do, to whether the supply went: then the box is
   * gone as well. Null when there is nothing to wait for.
   */
  cycle(facts: HistoryFacts): Promise<boolean> | null {
    const { nowMs, decided, clockTrusted } = facts;
    this.#nowMs = nowMs;
    this.oracle.at(nowMs);
    if (!decided) {
      this.#box = null;
      return null;
    }
    try {
      const box = this.#box ?? this.#start();
      this.#minutes.cycle(decided.decision);
      const carried = box.cycle(decided, nowMs, clockTrusted ? nowMs : null);
      if (carried) return this.#carried(carried, box, facts);
      this.#end(box, facts);
      return null;
    } catch (error) {
      return Promise.resolve(this.#cut(error));
    }
  }

  settled(): void {
    const outbox = this.#log.log?.outbox;
    if (outbox) this.oracle.settled(outbox.ledger, outbox.pendingPoints());
  }

  addTo(trace: TraceHash): void {
    trace.add(this.#server.points.size);
    trace.add(this.#requests);
    trace.text(JSON.stringify(this.#disk.ledger()));
  }

  async #carried(carried: Promise<void>, box: RecordingBox, facts: HistoryFacts): Promise<boolean> {
    try {
      await carried;
      this.#end(box, facts);
      return false;
    } catch (error) {
      return this.#cut(error);
    }
  }

  /** The supply went in the middle of it. */
  #cut(error: unknown): true {
    if (!(error instanceof PowerCut)) throw error;
    this.#box = null;
    return true;
  }

  #end(box: RecordingBox, facts: HistoryFacts): void {
    if (this.#weather.strikes('disk-rot')) this.#disk.rot();
    this.#look(box, facts);
  }

  #start(): RecordingBox {
    this.#boots += 1;
    this.#silentUntilMs = 0;
    this.#log.close();
    this.oracle.restarted();
    this.#minutes.restarted();
    this.#disk.onKept = (queue) => this.oracle.safe(queue);
    const box = new RecordingBox(
      {
        log: this.#log,
        states: this.#states,
        random: () => this.#random.next(),
        send: (lines) => this.#send(lines),
        onPoints: (points) => this.#measured(points),
        onMinute: (minute) => this.#minutes.kept(minute, this.#nowMs),
        onDecisions: (decisions) => this.oracle.decided(SITE_ID, decisions),
      },
      {
        ...{ siteId: SITE_ID, site: this.#options.site, boot: `boot-${this.#boots}`, bootAtMs: this.#nowMs },
        ...{ recordMs: RECORD_MS[this.#size], commitEveryMs: COMMIT_MS },
        bounds: {
          maxBytes: MAX_BYTES[this.#size],
          thinAfterMs: 45 * 86_400_000,
          dropAfterMs: 730 * 86_400_000,
        },
      },
    );
    this.#box = box;
    return box;
  }

  #measured(points: readonly Point[]): readonly Point[] {
    const poison = { measurement: POISON, tags: { site: SITE_ID }, fields: { gridPowerW: 1 } };
    const all = this.#weather.strikes('history-poison') ? [...points, poison] : points;
    for (const point of all) this.oracle.measured({ point, queue: 'data', atMs: this.#nowMs });
    return all;
  }

  #look(box: RecordingBox, { nowMs, clockTrusted }: HistoryFacts): void {
    const outbox = this.#log.log?.outbox;
    const mood = this.#weather;
    const hindered =
      !outbox ||
      !clockTrusted ||
      mood.spell('disk-full', nowMs).holds ||
      mood.spell('history-down', nowMs).holds ||
      mood.spell('history-refuses', nowMs).holds;
    if (hindered) this.#hinderedAtMs = nowMs;
    const calm = nowMs > this.#hinderedAtMs && !HINDRANCES.some((kind) => mood.isOn(kind));
    if (!outbox) return;
    const { ledger } = outbox;
    this.oracle.look({ nowMs, ledger, pendingPoints: outbox.pendingPoints(), calm });
    const isRoomDue = nowMs - this.#roomLookedAtMs >= ROOM_EVERY_MS;
    if (!isRoomDue || nowMs - this.#hinderedAtMs < ROOM_CALM_MS) return;
    this.#roomLookedAtMs = nowMs;
    this.oracle.afterRoom(ledger, nowMs, box.heldBytes);
  }

  #send(lines: readonly string[]) {
    const nowMs = this.#nowMs;
    const early = nowMs < this.#silentUntilMs - 1_000;
    this.#check(
      'R19',
      nowMs,
      !early,
      () => `asked ${this.#silentUntilMs - nowMs} ms before it was to be asked`,
    );
    this.#requests += 1;
    const mood = this.#mood(nowMs);
    const answer = this.#server.answer(lines, mood);
    const slowMs = this.#weather.strikes('history-slow') ? this.#random.whole(2_000, 29_000) : 200;
    const tookMs = answer.kind === 'silent' ? 10_000 : slowMs;
    if (mood.kind === 'says') {
      const refused = REFUSALS.some((status) => status === mood.status);
      const asksMs = mood.retryAfterS === null ? 0 : Math.min(mood.retryAfterS * 1000, MAX_RETRY_AFTER_MS);
      this.#silentUntilMs = nowMs + tookMs + (refused ? REFUSED_MS : asksMs);
    }
    return { answer, tookMs };
  }

  #mood(nowMs: number): Mood {
    const draw = this.#random;
    if (this.#weather.spell('history-down', nowMs).holds) {
      return draw.chance(0.5) ? { kind: 'unreachable' } : { kind: 'silent' };
    }
    if (this.#weather.spell('history-refuses', nowMs).holds) {
      return { kind: 'says', status: draw.pick(REFUSALS), retryAfterS: null };
    }
    if (this.#weather.strikes('history-errors')) {
      if (draw.chance(0.5)) return { kind: 'says', status: 429, retryAfterS: draw.whole(1, 900) };
      return { kind: 'says', status: draw.pick(ERRORS), retryAfterS: null };
    }
    if (this.#weather.strikes('history-lost-answer')) return { kind: 'takes-silently' };
    if (this.#weather.spell('history-small', nowMs).holds)
      return { kind: 'small', maxLines: draw.whole(1, 50) };
    return { kind: 'takes' };
  }
}
