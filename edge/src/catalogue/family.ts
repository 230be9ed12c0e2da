/** What every device family of the catalogue says of itself. */
export interface Family {
  /** The name that the installer writes; never changes. */
  readonly id: string;
  readonly maker: string;
  readonly models: readonly string[];
  /** Where its numbers are from. */
  readonly source: string;
}

/**
 * How long a device keeps an order of which it hears nothing more, seconds: what the box may ask for. Both ends are
 * the same where it cannot be chosen.
 */
export interface LeaseRange {
  readonly shortestS: number;
  readonly longestS: number;
}

/** The lease that a device keeps when `wishedS` is asked of it. */
export function leaseWithin({ shortestS, longestS }: LeaseRange, wishedS: number): number {
  return Math.min(longestS, Math.max(shortestS, wishedS));
}

/** Ids for a sentence, in the order of the list. */
export function idsOf(families: readonly Family[]): string {
  return families.map(({ id }) => id).join(', ');
}
