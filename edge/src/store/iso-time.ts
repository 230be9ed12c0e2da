/** Epoch milliseconds from a row as ISO 8601 UTC; null for what is none (a damaged row must not stop the reader). */
export function isoTime(ms: unknown): string | null {
  return typeof ms === 'number' && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null;
}
