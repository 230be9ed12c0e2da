import { isOwnError, OwnError } from './own-error.ts';

/** The portal cannot start, and what a person can do about it. */
export class StartError extends OwnError {
  readonly code: string;
  readonly remedy: string;

  constructor(code: string, message: string, remedy: string, options?: ErrorOptions) {
    super('StartError', message, options);
    this.code = code;
    this.remedy = remedy;
  }
}

export function isStartError(error: unknown): error is StartError {
  return isOwnError(error, 'StartError');
}
