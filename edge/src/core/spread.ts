/** A number that differs from site to site and never from day to day: FNV-1a over the id. */

/** 0 up to (not including) `rangeMs`; 0 when there is no range. */
export function spreadOf(id: string, rangeMs: number): number {
  if (rangeMs <= 0) return 0;
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) {
    hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193) >>> 0;
  }
  return hash % rangeMs;
}
