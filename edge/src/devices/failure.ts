/** How a device can fail. A failure is a value the cycle lives with, never an end of the process. */
export type FailureCode =
  /** No connection at present; the next attempt waits for its back-off. */
  | 'offline'
  /** The address did not take the connection. */
  | 'refused'
  | 'timeout'
  /** The device answered with a Modbus exception. */
  | 'exception'
  /** The device answered something that is not the answer to the question. */
  | 'garbage'
  /** Too many questions wait already. */
  | 'overload';

export class DeviceFailure extends Error {
  readonly code: FailureCode;

  constructor(code: FailureCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'DeviceFailure';
    this.code = code;
  }
}
