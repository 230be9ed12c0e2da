/** Indexing that asserts: an index of the core that points nowhere is a programmer's error, never a value. */

/** @throws RangeError when there is no such entry. */
export function at<T>(list: readonly T[], index: number): T {
  const entry = list[index];
  if (entry === undefined) throw new RangeError(`no entry ${index} in a list of ${list.length}`);
  return entry;
}
