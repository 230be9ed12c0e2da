/**
 * The time of the simulated homes: real time, or time that runs `speed` times as fast from an anchor on.
 *
 * A home that names its own start (a winter night, the first day of a measured file) begins there; a later start
 * goes on where the last one ended, so that yesterday's data stays in order.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

export interface Anchor {
  readonly realMs: number;
  readonly siteMs: number;
  readonly speed: number;
}

export interface ClockWishes {
  readonly speed: number;
  /** Where the home or its profile begins, epoch ms; null when it lives in the present. */
  readonly homeStartMs: number | null;
}

export function siteNowMs({ realMs, siteMs, speed }: Anchor, nowMs: number): number {
  return siteMs + (nowMs - realMs) * speed;
}

/** The anchor for a run that begins at `nowMs`, going on from the one stored in `file`. */
export function anchorFor(file: string, { speed, homeStartMs }: ClockWishes, nowMs: number): Anchor {
  const last = lastSiteMs(file);
  if (last === null) return { realMs: nowMs, siteMs: homeStartMs ?? nowMs, speed };
  // A home of the present that always ran at 1x simply lives on in real time.
  const siteMs = homeStartMs === null ? Math.max(last, nowMs) : last;
  return { realMs: nowMs, siteMs, speed };
}

/** Stores how far the site's time has come; called now and then, and at the end. */
export function rememberSiteMs(file: string, siteMs: number): void {
  writeFileSync(file, `${JSON.stringify({ siteMs: Math.round(siteMs) })}\n`);
}

function lastSiteMs(file: string): number | null {
  if (!existsSync(file)) return null;
  try {
    const { siteMs } = JSON.parse(readFileSync(file, 'utf8')) as { siteMs?: unknown };
    return typeof siteMs === 'number' && Number.isFinite(siteMs) ? siteMs : null;
  } catch {
    return null;
  }
}
