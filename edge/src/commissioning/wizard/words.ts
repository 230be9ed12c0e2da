/** What people type and read: powers, shortened words, one relay and two relays. */

/** Watts of "2000", "2000 W", "2 kW", "2,3kw"; null when it is no power from 1 W to 100 kW. */
export function parsePowerW(typed: string): number | null {
  const found = /^(\d+(?:[.,]\d+)?)\s*(k?w)?$/i.exec(typed.trim());
  if (!found) return null;
  const value = Number(found[1]?.replace(',', '.'));
  const powerW = Math.round(value * (found[2]?.toLowerCase() === 'kw' ? 1000 : 1));
  return powerW >= 1 && powerW <= 100_000 ? powerW : null;
}

/** The one word that `typed` begins, or whose last character it is ("2" for "L2"); undefined when unsure. */
export function wordOf<T extends string>(typed: string, words: readonly T[]): T | undefined {
  const lower = typed.toLowerCase();
  if (lower === '') return undefined;
  const begun = words.filter((word) => word.toLowerCase().startsWith(lower));
  const found = begun.length > 0 ? begun : words.filter((word) => /\d$/.test(word) && word.endsWith(lower));
  return found.length === 1 ? found[0] : undefined;
}

export function ofMany(n: number, thing: string): string {
  if (n === 1) return `1 ${thing}`;
  return `${n} ${thing}s`;
}
