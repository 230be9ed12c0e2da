/**
 * Errors of our own, recognised by a mark. Next loads a module once for instrumentation, once for routes and once for
 * pages: each has a class of its own, and `instanceof` does not know what another one threw.
 */

const MARK = Symbol.for('wattward.error');

export abstract class OwnError extends Error {
  readonly [MARK]: string;

  /** @param kind name of the class, the same in whatever copy of the module. */
  constructor(kind: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = kind;
    this[MARK] = kind;
  }
}

export function isOwnError(error: unknown, kind: string): boolean {
  return error instanceof Error && (error as Partial<OwnError>)[MARK] === kind;
}
