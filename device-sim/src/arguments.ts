/** What people write on the command line, checked and explained. */
import { InvalidArgumentError } from 'commander';
import { FASTEST, SLOWEST } from './home/site-clock.ts';
import { LONE_KINDS } from './object/lone-object.ts';

export function port(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  throw new InvalidArgumentError('Give a port from 0 to 65535.');
}

export function speed(text: string): number {
  const value = Number(text);
  if (value >= SLOWEST && value <= FASTEST) return value;
  throw new InvalidArgumentError(
    `Real protocols hold from ${SLOWEST} to ${FASTEST} times real time; npm run what-if goes faster.`,
  );
}

export function sites(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 200) return value;
  throw new InvalidArgumentError('Give a whole number from 1 to 200.');
}

export function loneKind(text: string): string {
  if ((LONE_KINDS as readonly string[]).includes(text)) return text;
  throw new InvalidArgumentError(`Give one of: ${LONE_KINDS.join(', ')}.`);
}

export function siteId(text: string): string {
  if (/^[a-z0-9-]{1,20}$/.test(text)) return text;
  throw new InvalidArgumentError('Give 1 to 20 lower case letters, digits and dashes.');
}

export function anchor(text: string): { realMs: number; siteMs: number } {
  const [realMs, siteMs] = text.split(':').map(Number);
  if (Number.isFinite(realMs) && Number.isFinite(siteMs)) return { realMs: realMs ?? 0, siteMs: siteMs ?? 0 };
  throw new InvalidArgumentError('Give two epoch times in milliseconds, REAL:SITE.');
}
