/**
 * The history's part of a campaign: what the home does is recorded every ten seconds, goes through the real outbox
 * and courier to a server, and both disk and server fail as the seed wants it.
 */
import type { Lane } from '@wattward/edge/outbox/lanes';
import type { TraceHash } from '../../trace-hash.ts';
import type { FaultWeather } from '../fault-weather.ts';
import type { Check } from '../known.ts';
import { Random } from '../random.ts';
import { HistoryOracle } from './history-oracle.ts';
import { PowerCut, VirtualDisk } from './virtual-disk.ts';
import { type Mood, POISON, VirtualInflux } from './virtual-influx.ts';
import { type Measured, VirtualRecorder } from './virtual-recorder.ts';

export interface HistoryFacts {
  readonly nowMs: number;
  readonly boxRuns: boolean;
  readonly clockTrusted: boolean;
  readonly gridW: number;
  readonly importWh: number;
  /** Changes of outcome in this cycle: events, committed at once. */
  readonly outcomes: number;
}

export interface HistoryRigOptions {
  readonly weather: FaultWeather;
  readonly seed: number;
  readonly startMs: number;
  readonly check: Check;
}

const RECORD_MS = 10_000;
const TAGS = { site: 'home-1', device: 'Cellar, left' } as const;
const SMALL_BYTES = 24_000;
const ROOMY_BYTES = 64 * 1024 * 1024;
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
  readonly #weather: FaultWeather;
  readonly #random: Random;
  readonly #server: VirtualInflux;
  readonly #disk: VirtualDisk;
  readonly #check: Check;
  readonly #maxBytes: number;
  #recorder: VirtualRecorder | null = null;
  #boots = 0;
  #requests = 0;
  #nowMs: number;
  #recordedAtMs = 0;
  #eventSeq = 0;
  /** The server has asked for silence until then. */
  #silentUntilMs = 0;
  #hinderedAtMs: number;

  constructor({ weather, seed, startMs, check }: HistoryRigOptions) {
    this.#weather = weather;
    this.#random = new Random(seed ^ 0x3c6ef372);
    this.#nowMs = startMs;
    this.#hinderedAtMs = startMs;
    this.#check = check;
    this.#server = new VirtualInflux(this.#random);
    this.#maxBytes = weather.forGood('disk-small') ? SMALL_BYTES : ROOMY_BYTES;
    this.#disk = new VirtualDisk(
      {
        full: () => weather.spell('disk-full', this.#nowMs).holds,
        powerCut: () => weather.strikes('power-cut'),
      },
      this.#random,
    );
    this.oracle = new HistoryOracle(check, {
      disk: this.#disk,
      server: this.#server,
      maxBytes: this.#maxBytes,
      startMs,
    });
  }

  /** Returns true when the supply went: then the box is gone as well. */
  cycle(facts: HistoryFacts): boolean {
    this.#nowMs = facts.nowMs;
    this.oracle.at(facts.nowMs);
    if (!facts.boxRuns) {
      this.#recorder = null;
      return false;
    }
    try {
      this.#recorder ??= this.#start(facts.nowMs);
      this.#record(facts, this.#recorder);
      this.#recorder.cycle(facts.nowMs, facts.clockTrusted ? facts.nowMs : null);
    } catch (error) {
      if (!(error instanceof PowerCut)) throw error;
      this.#recorder = null;
      return true;
    }
    if (this.#weather.strikes('disk-rot')) this.#disk.rot();
    this.#look(this.#recorder, facts);
    return false;
  }

  settled(): void {
    const outbox = this.#recorder?.outbox;
    if (outbox) this.oracle.settled(outbox.ledger, outbox.pendingPoints());
  }

  addTo(trace: TraceHash): void {
    trace.add(this.#server.points.size);
    trace.add(this.#requests);
    trace.text(JSON.stringify(this.#disk.ledger()));
  }

  #start(nowMs: number): VirtualRecorder {
    this.#boots += 1;
    this.#silentUntilMs = 0;
    const { oracle } = this;
    oracle.restarted();
    return new VirtualRecorder(
      {
        disk: this.#disk,
        random: () => this.#random.next(),
        send: (lines, lane) => this.#send(lines, lane),
        onAccepted: (points) => oracle.safe(points),
      },
      { maxBytes: this.#maxBytes, thinAfterMs: 45 * 86_400_000, dropAfterMs: 730 * 86_400_000 },
      `boot-${this.#boots}`,
      nowMs,
    );
  }

  #record(facts: HistoryFacts, recorder: VirtualRecorder): void {
    const { nowMs, clockTrusted, gridW, importWh } = facts;
    const put = (measurement: string, fields: Record<string, number>, queue: 'event' | 'data') => {
      const measured: Measured = { point: { measurement, tags: TAGS, fields }, queue, atMs: nowMs };
      this.oracle.measured(measured);
      recorder.record(measured, clockTrusted ? nowMs : null);
    };
    if (facts.outcomes > 0) {
      this.#eventSeq += 1;
      put('decision', { seq: this.#eventSeq, count: facts.outcomes }, 'event');
    }
    if (nowMs - this.#recordedAtMs < RECORD_MS) return;
    this.#recordedAtMs = nowMs;
    put('site', { gridPowerW: Math.round(gridW * 10) / 10, gridImportWh: Math.round(importWh) }, 'data');
    if (this.#weather.strikes('history-poison')) put(POISON, { gridPowerW: 1 }, 'data');
  }

  #look(recorder: VirtualRecorder, { nowMs, clockTrusted }: HistoryFacts): void {
    const { ledger } = recorder.outbox;
    const mood = this.#weather;
    const hindered =
      !clockTrusted ||
      mood.spell('disk-full', nowMs).holds ||
      mood.spell('history-down', nowMs).holds ||
      mood.spell('history-refuses', nowMs).holds;
    if (hindered) this.#hinderedAtMs = nowMs;
    const calm = nowMs > this.#hinderedAtMs && !HINDRANCES.some((kind) => mood.isOn(kind));
    this.oracle.look({ nowMs, ledger, pendingPoints: recorder.outbox.pendingPoints(), calm });
    const { room } = recorder;
    if (room?.atMs === nowMs && !hindered) this.oracle.afterRoom(ledger, nowMs, room.heldBytes);
  }

  #send(lines: readonly string[], _lane: Lane) {
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
