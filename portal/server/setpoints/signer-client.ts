/** Asks the signing process for a signature. */
import { connect } from 'node:net';
import type { Setpoint, UnsignedSetpoint } from '@wattward/broker/wire/setpoint';
import * as z from 'zod';
import { ProblemError } from '../problem.ts';

const PATIENCE_MS = 3000;
const answer = z.union([
  z.object({ signature: z.string() }),
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }),
]);

export type Signer = (setpoint: UnsignedSetpoint) => Promise<Setpoint>;

/** @returns a signer that throws ProblemError `signer-unavailable` when the process is away or refuses. */
export function signerAt(socketFile: string): Signer {
  return async (setpoint) => {
    const text = await ask(socketFile, `${JSON.stringify(setpoint)}\n`);
    const parsed = answer.safeParse(JSON.parse(text));
    if (!parsed.success) throw new ProblemError('signer-unavailable', 'The signing process answers nonsense');
    if ('error' in parsed.data) {
      throw new ProblemError(
        'signer-unavailable',
        `The signing process refuses: ${parsed.data.error.message}`,
      );
    }
    return { ...setpoint, signature: parsed.data.signature };
  };
}

function ask(socketFile: string, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const fail = (cause: unknown) => reject(new ProblemError('signer-unavailable', undefined, { cause }));
    const socket = connect(socketFile, () => socket.write(line));
    socket.setEncoding('utf8').setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('error', fail);
    socket.on('data', (chunk: string) => {
      text += chunk;
    });
    socket.on('close', () =>
      text.endsWith('\n') ? resolve(text) : fail(new Error('closed without an answer')),
    );
  });
}
