/** Asks the signing process: for its notes of who did what, and for signatures by them. */
import { connect } from 'node:net';
import type { Setpoint, UnsignedSetpoint } from '@wattward/broker/wire/setpoint';
import { type SigningRequest, signingAnswer } from '../../signer/requests.ts';
import { ProblemError } from '../problems/problem.ts';

const PATIENCE_MS = 3000;

type NoteRequest = Exclude<SigningRequest, { ask: 'sign' }>;
/** The names are the signer's to give. */
export type SetpointDraft = Omit<UnsignedSetpoint, 'issuer' | 'approver'>;

/**
 * Both throw ProblemError `signer-unavailable` when the process is away, and when it refuses `own-proposal`,
 * `linked-approver` or `signer-refused`.
 */
export interface Signer {
  /** @returns a proof to be kept, that the person behind the session did this. */
  note(request: NoteRequest): Promise<string>;
  sign(draft: SetpointDraft, proof: string): Promise<Setpoint>;
}

export function signerAt(socketFile: string): Signer {
  return {
    async note(request) {
      const answer = await ask(socketFile, request);
      if ('proof' in answer) return answer.proof;
      throw nonsense();
    },
    async sign(draft, proof) {
      const answer = await ask(socketFile, { ask: 'sign', draft, proof });
      if ('setpoint' in answer) return answer.setpoint;
      throw nonsense();
    },
  };
}

async function ask(socketFile: string, request: SigningRequest) {
  const text = await exchange(socketFile, `${JSON.stringify(request)}\n`);
  const parsed = signingAnswer.safeParse(JSON.parse(text));
  if (!parsed.success) throw nonsense();
  if (!('error' in parsed.data)) return parsed.data;
  const { code, message } = parsed.data.error;
  if (code === 'own-proposal' || code === 'linked-approver') throw new ProblemError(code);
  if (code === 'people-unreadable') throw new ProblemError('signer-unavailable', message);
  throw new ProblemError('signer-refused', `${code}: ${message}`);
}

function nonsense(): ProblemError {
  return new ProblemError('signer-unavailable', 'The signing process answers nonsense');
}

function exchange(socketFile: string, line: string): Promise<string> {
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
