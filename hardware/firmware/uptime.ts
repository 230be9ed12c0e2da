/** A clock that does not wrap, made of the platform's 32-bit millisecond counter; ask it at least once a month. */
export function unwrapped(counter: () => number): () => number {
  let last = counter() >>> 0;
  let sumMs = 0;
  return () => {
    const next = counter() >>> 0;
    sumMs += (next - last) >>> 0;
    last = next;
    return sumMs;
  };
}
