/**
 * Signs set-points for the web process, which never sees the key. One request a connection: a line of JSON in, a
 * line out, over a unix socket that only the same user can open. What is signed is decided in `notary.ts`; the box
 * still holds it against the installer's bounds.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { type NotaryOptions, notaryAnswer } from './notary.ts';
import { MOST_REQUEST_LENGTH } from './requests.ts';

const PATIENCE_MS = 5000;

export function serveSigning(options: NotaryOptions, socketFile: string): Promise<Server> {
  rmSync(socketFile, { force: true });
  const server = createServer((socket) => serve(options, socket));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketFile, () => {
      chmodSync(socketFile, 0o600);
      resolve(server);
    });
  });
}

function serve(options: NotaryOptions, socket: Socket): void {
  let text = '';
  let answered = false;
  socket.setEncoding('utf8').setTimeout(PATIENCE_MS, () => socket.destroy());
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > MOST_REQUEST_LENGTH) socket.destroy();
    const end = text.indexOf('\n');
    if (end < 0 || answered) return;
    answered = true;
    socket.end(`${JSON.stringify(notaryAnswer(options, text.slice(0, end)))}\n`);
  });
}
