/** A mistake that ends the start: what, where and how to mend it. */
export class StartError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'StartError';
    this.code = code;
    this.remedy = remedy;
  }
}
