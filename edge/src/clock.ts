/**
 * The one place that knows the time. A site's time may run faster than real time (a simulated home), so everything
 * that waits or stamps asks this port: wall time for records, monotonic time for timers. Both in site milliseconds.
 */
import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ClockReaders, ClockTrust, type Distrust } from './clock-trust.ts';

export interface Clock {
  /** Site milliseconds per real millisecond; 1 in a real home. */
  readonly speed: number;
  /** Epoch milliseconds UTC as this site counts them; may jump when the clock of the machine is set. */
  wallMs(): number;
  /** Site milliseconds since the process started; never jumps. */
  monoMs(): number;
  /** False until the wall clock can be believed: a machine without a battery-backed clock wakes up in the past. */
  wallTrusted(): boolean;
  /** Waits `siteMs` of site time; rejects with AbortError when `signal` fires. */
  sleep(siteMs: number, signal?: AbortSignal): Promise<void>;
}

export interface ClockAnchor {
  readonly speed: number;
  /** The instant `anchorRealMs` of real time is the instant `anchorSiteMs` of site time. */
  readonly anchorRealMs: number;
  readonly anchorSiteMs: number;
}

/** Touched by systemd-timesyncd each time it has set the clock; gone after a restart of the machine. */
const SYNCHRONISED_FILE = '/run/systemd/timesync/synchronized';
/** In the data folder: touched by a person who has looked at the clock (or by another time service). */
const CONFIRMED_FILE = 'clock-confirmed';
/** There when the machine has a clock with a battery: it needs no time server to wake up in the right time. */
const HARDWARE_CLOCK = '/sys/class/rtc/rtc0';
/** Time service and network are up by then, if they come up at all. */
const SETTLING_MS = 600_000;
const SETTLING_WITHOUT_HARDWARE_CLOCK_MS = 6 * 3_600_000;
const NEWEST_KEY = 'clock';
const KEEP_EVERY_MS = 3_600_000;
const WATCH_EVERY_MS = 10_000;

export interface SiteClock extends Clock {
  /** Null for a simulated home: it may live in any year, and its anchor is its source of time. */
  readonly trust: ClockTrust | null;
}

/** The machine's own time, or a scaled one that starts at an anchor. */
export function openClock(anchor?: ClockAnchor, dataDir?: string): SiteClock {
  const speed = anchor?.speed ?? 1;
  const startedAtMs = performance.now();
  const monoMs = () => (performance.now() - startedAtMs) * speed;
  const sleep: Clock['sleep'] = (siteMs, signal) =>
    delay(Math.max(0, siteMs / speed), undefined, signal ? { signal } : {});
  if (anchor) {
    const wallMs = () => anchor.anchorSiteMs + (Date.now() - anchor.anchorRealMs) * speed;
    return { speed, wallMs, monoMs, wallTrusted: () => true, sleep, trust: null };
  }
  const words = [SYNCHRONISED_FILE, ...(dataDir === undefined ? [] : [path.join(dataDir, CONFIRMED_FILE)])];
  const service = new TimeService();
  const readers: ClockReaders = {
    wallMs: () => Date.now(),
    monoMs,
    wordMs: () => newest([service.wordMs(), ...words.map(changedAtMs)]),
    upBeforeMs: uptime() * 1000,
    settlingMs: existsSync(HARDWARE_CLOCK) ? SETTLING_MS : SETTLING_WITHOUT_HARDWARE_CLOCK_MS,
  };
  return clockOn(readers, sleep);
}

/** The clock of a real home on given readers. */
export function clockOn(
  readers: ClockReaders,
  sleep: Clock['sleep'],
): SiteClock & { readonly trust: ClockTrust } {
  const trust = new ClockTrust(readers);
  const monoMs = () => readers.monoMs();
  return {
    speed: 1,
    wallMs: () => trust.wallMs(),
    monoMs,
    wallTrusted: () => trust.distrust() === null,
    sleep,
    trust,
  };
}

function changedAtMs(file: string): number | null {
  try {
    return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
  } catch {
    return null;
  }
}

function newest(wordsMs: readonly (number | null)[]): number | null {
  const known = wordsMs.filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/**
 * Any time service (chrony, ntpd, timesyncd): the kernel knows whether one keeps its clock, and forgets it when the
 * clock is set by anybody else. Asked every few seconds, and only while somebody wants to know.
 */
class TimeService {
  #wordMs: number | null = null;
  #askedMonoMs = Number.NEGATIVE_INFINITY;

  wordMs(): number | null {
    if (performance.now() - this.#askedMonoMs >= WATCH_EVERY_MS) this.#ask();
    return this.#wordMs;
  }

  #ask(): void {
    this.#askedMonoMs = performance.now();
    const askedMs = Date.now();
    const question = ['show', '--property=NTPSynchronized', '--value'];
    execFile('timedatectl', question, { timeout: WATCH_EVERY_MS }, (error, answer) => {
      if (!error && answer.trim() === 'yes') this.#wordMs = askedMs;
    });
  }
}

export interface ClockKeeping {
  readonly clock: SiteClock;
  readonly store: {
    loadState(key: string): Promise<string | null>;
    saveState(key: string, json: string): Promise<unknown>;
  };
  readonly event: (event: {
    readonly code: string;
    readonly severity: 'info' | 'alarm';
    readonly params: { readonly why?: Distrust };
  }) => void;
}

/** Tells the clock what an earlier run knew, keeps the newest time for the next one, and says when trust changes. */
export async function keepClock({ clock, store, event }: ClockKeeping): Promise<void> {
  const { trust } = clock;
  if (!trust) return;
  const known = Number(await store.loadState(NEWEST_KEY));
  if (Number.isFinite(known)) trust.remember(known);
  let keptMonoMs: number | null = null;
  let distrusted: Distrust | null = null;
  const watch = () => {
    const why = trust.distrust();
    const isKnown = (why === null) === (distrusted === null);
    distrusted = why;
    // Every machine settles after it was switched on; anything else is worth a look.
    const severity = why === 'settling' ? 'info' : 'alarm';
    if (!isKnown && why !== null) event({ code: 'clock-untrusted', severity, params: { why } });
    if (!isKnown && why === null) event({ code: 'clock-trusted', severity: 'info', params: {} });
    if (why !== null || (keptMonoMs !== null && clock.monoMs() - keptMonoMs < KEEP_EVERY_MS)) return;
    keptMonoMs = clock.monoMs();
    void store.saveState(NEWEST_KEY, String(Math.round(trust.newestMs)));
  };
  watch();
  setInterval(watch, WATCH_EVERY_MS).unref();
}
