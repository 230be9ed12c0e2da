/** The portal cannot start, and what a person can do about it. */
export class StartError extends Error {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
    this.code = code;
    this.remedy = remedy;
  }
}
