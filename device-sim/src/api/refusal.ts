/** Why something cannot be done: HTTP status, code, sentence, remedy. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string;

  constructor(status: number, code: string, message: string, remedy: string) {
    super(message);
    this.status = status;
    this.code = code;
    this.remedy = remedy;
  }
}

/** Any failure as a refusal; what is not one is a fault of the simulator. */
export function refusalFrom(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const { statusCode = 500, message = String(error) } = error as { statusCode?: number; message?: string };
  if (statusCode < 500)
    return new Refusal(statusCode, 'bad-request', message, 'Send JSON with its content type.');
  return new Refusal(500, 'internal', message, 'This is a fault of the simulator; see its log.');
}
