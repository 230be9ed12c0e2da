/**
 * What may act from afar, from the outside: it knows of every message what it truly is, and keeps its own account of
 * which could be taken when, key by key: what one key has sent, only that key ends or replaces. I24 only what was approved acts, as approved, once, written down before. I25 nothing
 * replayed acts. I26 it begins and ends on time, whatever the wall clock does. I27 bounds are never widened.
 */
import type { NumberBound, Settings } from '@wattward/edge/core/settings';
import type { Check } from '../known.ts';
import type { Envelope } from './virtual-cloud.ts';

/** What the box says it follows. */
export interface InForce {
  readonly id: string;
  readonly key: string;
  readonly seq: number;
  readonly kind: string;
  readonly value: unknown;
}

interface Permit {
  readonly envelope: Envelope;
  readonly takenMs: number;
  /** The box believed a wrong time when it took it. */
  readonly misdated: boolean;
  fromMs: number;
  /** It ends then, and at the latest then: a box that starts without a clock cannot know how long it was off. */
  readonly dueMs: number;
  untilMs: number;
  /** It holds, held and is over, or was taken back. */
  stage: 'waits' | 'holds' | 'over' | 'revoked';
}

export interface RemoteMoment {
  readonly nowMs: number;
  readonly inForce: readonly InForce[];
  /** Everything the box has written down. */
  readonly onDisk: string;
}

const SLACK_MS = 3_000;

export class RemoteOracle {
  readonly #check: Check;
  readonly #permits = new Map<string, Permit>();
  readonly #lastSeqs = new Map<string, number>();
  /** Permits that hold or wait. */
  #live = 0;
  #restartedMs = Number.NEGATIVE_INFINITY;
  #seen: { readonly inForce: readonly InForce[]; readonly onDisk: string } = { inForce: [], onDisk: '' };
  thresholdW: number | null = null;
  reservePct: number | null = null;
  importLimitW: number | null = null;

  constructor(check: Check) {
    this.#check = check;
  }

  /** Something holds or is about to. */
  get isBusy(): boolean {
    return this.#live > 0;
  }

  /** The box is handed a message; `wallMs` is what it believes to be the time. Returns whether it may take it. */
  mayTake(envelope: Envelope, box: { challenge: string; wallMs: number | null }): boolean {
    const { genuine, challenge, key, seq, expiresMs } = envelope;
    if (!genuine || challenge !== box.challenge || seq <= (this.#lastSeqs.get(key) ?? 0)) return false;
    return box.wallMs !== null && box.wallMs < expiresMs;
  }

  /** It wrote something down while it had a message in hand that it may take. */
  taken(envelope: Envelope, nowMs: number, wallMs: number): void {
    const { key, seq } = envelope;
    this.#lastSeqs.set(key, Math.max(this.#lastSeqs.get(key) ?? 0, seq));
    if (envelope.kind === 'revoke') {
      const target = this.#permits.get(nameOf({ key, id: String(envelope.value.id) }));
      if (target) this.#end(target, 'revoked');
      return;
    }
    const before = this.#permits.get(nameOf(envelope));
    if (before) this.#end(before, 'over');
    this.#live += 1;
    this.#permits.set(nameOf(envelope), {
      envelope,
      fromMs: nowMs + envelope.notBeforeMs - wallMs,
      takenMs: nowMs,
      misdated: wallMs !== nowMs,
      dueMs: nowMs + envelope.expiresMs - wallMs,
      untilMs: nowMs + envelope.expiresMs - wallMs,
      stage: 'waits',
    });
  }

  /**
   * The box starts again, so long after it last wrote down how much time is left; without the true time, now or when
   * it took a set-point, it cannot know how long that was.
   */
  restarted(unwrittenMs: number, nowMs: number, knowsTime: boolean): void {
    this.#restartedMs = nowMs;
    for (const permit of this.#permits.values()) {
      if (!knowsTime || permit.misdated) permit.untilMs += unwrittenMs;
    }
  }

  /** The first time that the box believes after a start: what waits begins by it, also where it is wrong. */
  timeTold(nowMs: number, wallMs: number): void {
    for (const permit of this.#permits.values()) {
      permit.fromMs = Math.min(permit.fromMs, nowMs + permit.envelope.notBeforeMs - wallMs);
    }
  }

  look({ nowMs, inForce, onDisk }: RemoteMoment): void {
    this.thresholdW = null;
    this.reservePct = null;
    this.importLimitW = null;
    // What they say is read again only when they or the disk have changed.
    const seen = this.#seen;
    const changed =
      onDisk !== seen.onDisk ||
      inForce.length !== seen.inForce.length ||
      inForce.some((one, i) => one !== seen.inForce[i]);
    if (changed) {
      for (const one of inForce) this.#read(one, nowMs, onDisk);
      const apart = new Set(inForce.map(moves)).size === inForce.length;
      this.#check('I24', nowMs, apart, () => 'two that move the same hold together');
    }
    this.#seen = { inForce, onDisk };
    for (const one of inForce) this.#lookAt(one, nowMs);
    if (this.#permits.size === 0) return;
    for (const permit of this.#permits.values()) {
      if (permit.stage === 'waits' && nowMs > permit.untilMs + SLACK_MS) this.#end(permit, 'over');
      if (permit.stage !== 'holds' || inForce.some((one) => nameOf(one) === nameOf(permit.envelope)))
        continue;
      this.#end(permit, 'over');
      const early = nowMs < permit.dueMs - SLACK_MS;
      const replaced = inForce.some(
        (one) => one.seq > permit.envelope.seq && moves(one) === moves(permit.envelope),
      );
      // A start trims what is held to a wall clock that may have been set meanwhile.
      const excused = replaced || this.#restartedMs > permit.takenMs;
      this.#check(
        'I26',
        nowMs,
        !early || excused,
        () => `${permit.envelope.id} ended ${permit.dueMs - nowMs} ms early`,
      );
    }
  }

  /** What the box decides by is what was installed, but for the numbers that may be moved; those stay in their bounds. */
  followed(now: Settings, installed: Settings, nowMs: number): void {
    const fixed = fixedOf(now) === fixedOf(installed);
    this.#check('I27', nowMs, fixed, () => 'a setting moved that nobody may move from afar');
    const { bounds, grid, peak, batteries } = installed;
    const allowed = (value: number | null, own: number | null, { min, max }: NumberBound) =>
      value === own || (value !== null && value >= min && value <= Math.min(max, own ?? max));
    const within =
      allowed(now.grid.importLimitW, grid.importLimitW, bounds.importLimitW) &&
      (now.peak.thresholdW === peak.thresholdW ||
        allowed(now.peak.thresholdW, null, bounds.peakThresholdW)) &&
      now.batteries.every(
        ({ reservePct }, i) =>
          reservePct === batteries[i]?.reservePct || allowed(reservePct, null, bounds.batteryReservePct),
      );
    this.#check('I27', nowMs, within, () => 'a set-point widened what the installer has set');
  }

  /** A set-point that was approved while all was well. */
  reached(envelope: Envelope, inForce: readonly InForce[], nowMs: number): void {
    const holds = inForce.some((one) => nameOf(one) === nameOf(envelope));
    this.#check('I31', nowMs, holds, () => `${envelope.id} is not followed although all is well`);
  }

  #end(permit: Permit, stage: 'over' | 'revoked'): void {
    if (permit.stage === 'waits' || permit.stage === 'holds') this.#live -= 1;
    permit.stage = stage;
  }

  #read(one: InForce, nowMs: number, onDisk: string): void {
    const permit = this.#permits.get(nameOf(one));
    this.#check('I24', nowMs, permit !== undefined, () => `${one.id} (${one.kind}) acts without leave`);
    if (!permit) return;
    const { envelope } = permit;
    const same = one.kind === envelope.kind && one.seq === envelope.seq && alike(one.value, envelope.value);
    this.#check('I24', nowMs, same, () => `${one.id} is not followed as it was approved`);
    this.#check('I24', nowMs, onDisk.includes(`"${one.id}"`), () => `${one.id} acts and is not written down`);
  }

  #lookAt(one: InForce, nowMs: number): void {
    const permit = this.#permits.get(nameOf(one));
    if (!permit) return;
    const { envelope, stage } = permit;
    this.#check(
      'I25',
      nowMs,
      stage === 'waits' || stage === 'holds',
      () => `${one.id} acts again, it was ${stage}`,
    );
    this.#check('I26', nowMs, nowMs >= permit.fromMs - SLACK_MS, () => `${one.id} acts before its time`);
    const lateMs = nowMs - permit.untilMs;
    this.#check('I26', nowMs, lateMs <= SLACK_MS, () => `${one.id} still acts ${lateMs} ms after its end`);
    if (stage === 'waits') permit.stage = 'holds';
    if (one.kind === 'peak-threshold') this.thresholdW = Number(envelope.value.watts);
    if (one.kind === 'import-limit') {
      // Limits of several senders hold together: none lifts that of another.
      this.importLimitW = Math.min(
        this.importLimitW ?? Number.POSITIVE_INFINITY,
        Number(envelope.value.watts),
      );
    }
    if (one.kind === 'battery-reserve') this.reservePct = Number(envelope.value.pct);
  }
}

/** All that no set-point may touch. */
function fixedOf({ grid, peak, batteries, ...others }: Settings): string {
  return JSON.stringify([
    others,
    { ...grid, importLimitW: null },
    { ...peak, thresholdW: null },
    batteries.map((battery) => ({ ...battery, reservePct: null })),
  ]);
}

/** A message is one of its key: another may bear the same id. */
function nameOf({ key, id }: { readonly key: string; readonly id: string }): string {
  return `${key} ${id}`;
}

/** What a set-point moves: two that move the same never hold together. */
function moves({ kind, value, key }: Pick<InForce, 'kind' | 'value' | 'key'>): string {
  if (kind.endsWith('-limit')) return `${kind} ${key}`;
  const { load, battery } = value as { load?: string; battery?: string };
  return `${kind} ${load ?? battery ?? ''}`;
}

function alike(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
