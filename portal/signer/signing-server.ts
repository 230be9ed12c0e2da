/**
 * Signs set-points for the web process, which never sees the key. One request a connection: a line of JSON in, a
 * line out, over a unix socket that only the same user can open.
 *
 * It signs nothing but well-formed set-points that a second person approved, valid for 31 days at most: whoever takes
 * over the web process gains no more than that, and the box still holds them against the installer's bounds.
 */
import { type KeyObject, sign } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import { unsignedSetpoint } from '@wattward/broker/wire/setpoint';

export type SigningAnswer =
  | { readonly signature: string }
  | { readonly error: { readonly code: string; readonly message: string } };

const MOST_BYTES = 16_384;
const PATIENCE_MS = 5000;
const LONGEST_MS = 31 * 86_400_000;

export function serveSigning(key: KeyObject, socketFile: string): Promise<Server> {
  rmSync(socketFile, { force: true });
  const server = createServer((socket) => serve(key, socket));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketFile, () => {
      chmodSync(socketFile, 0o600);
      resolve(server);
    });
  });
}

function serve(key: KeyObject, socket: Socket): void {
  let text = '';
  socket.setEncoding('utf8').setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > MOST_BYTES) socket.destroy();
    const end = text.indexOf('\n');
    if (end >= 0) socket.end(`${JSON.stringify(signingAnswer(key, text.slice(0, end)))}\n`);
  });
}

/** @param line the unsigned set-point as JSON. */
export function signingAnswer(key: KeyObject, line: string): SigningAnswer {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    return refused('malformed', 'not JSON');
  }
  const parsed = unsignedSetpoint.safeParse(data);
  if (!parsed.success) return refused('malformed', 'not a set-point');
  const setpoint = parsed.data;
  if (setpoint.issuer === setpoint.approver && setpoint.kind !== 'revoke') {
    return refused('own-proposal', 'issuer and approver are the same person');
  }
  const lastsMs = Date.parse(setpoint.expires) - Date.parse(setpoint.notBefore);
  if (lastsMs <= 0 || lastsMs > LONGEST_MS)
    return refused('too-long', 'valid for more than 31 days or not at all');
  return { signature: sign(null, Buffer.from(canonicalJson(setpoint)), key).toString('base64url') };
}

function refused(code: string, message: string): SigningAnswer {
  return { error: { code, message } };
}
