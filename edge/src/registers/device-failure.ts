/** How a device can fail. A failure is a value the cycle lives with, never an end of the process. */
const REMEDIES = {
  /** No connection at present; the next attempt waits for its back-off. */
  offline: 'Check power and cable of the device; the box tries again by itself.',
  /** The address did not take the connection. */
  refused: 'Check address and port in the site settings, and that Modbus is switched on in the device.',
  timeout:
    'Check power and cable of the device and its unit in the site settings; on a serial line its baud and parity too.',
  /** The device answered with a Modbus exception. */
  exception: 'Check profile and unit in the site settings: the device does not know this register.',
  /** The device answered something that is not the answer to the question. */
  garbage:
    'Check profile and unit in the site settings; on a serial line baud, parity, polarity and terminating resistors.',
  /** Too many questions wait already. */
  overload: 'Ask the devices on this connection less often: pollMs in the site settings.',
  /** The software that reaches it cannot be loaded. */
  module: 'Install the box anew, its whole folder.',
} as const;

export type FailureCode = keyof typeof REMEDIES;

/** What keeps a device from answering, in words for a person. */
export interface Failure {
  readonly why: string;
  readonly remedy: string;
}

export class DeviceFailure extends Error {
  readonly code: FailureCode;
  readonly remedy: string;

  /** @param remedy what to do, where more is known than the code tells. */
  constructor(code: FailureCode, message: string, cause?: unknown, remedy: string = REMEDIES[code]) {
    super(message, { cause });
    this.name = 'DeviceFailure';
    this.code = code;
    this.remedy = remedy;
  }
}

export function failureOf(cause: unknown): Failure {
  if (cause instanceof DeviceFailure) return { why: cause.message, remedy: cause.remedy };
  const why = cause instanceof Error ? cause.message : String(cause);
  return { why, remedy: 'See the log of the box; if it stays, report it with this message.' };
}
