/**
 * Work that only one process of this machine may do at a time, such as building into one folder; whoever comes second
 * waits. The lock is a listening socket without a file (Linux): the system takes it away with its process, however that
 * ends, so that none is ever left behind.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** @param what the same words stand for the same work, e.g. the folder it writes. */
export async function oneAtATime<T>(what: string, work: () => Promise<T>): Promise<T> {
  // A leading NUL names a socket that has no file; hashed, because such a name has at most 107 bytes.
  const release = await held(`\0wattward-${createHash('sha256').update(what).digest('hex')}`);
  try {
    return await work();
  } finally {
    release();
  }
}

async function held(address: string): Promise<() => void> {
  for (;;) {
    const waiting = new Set<Socket>();
    const lock = createServer((socket) => waiting.add(socket.on('error', () => {})));
    try {
      await once(lock.listen(address), 'listening');
      return () => {
        lock.close();
        for (const socket of waiting) socket.destroy();
      };
    } catch (cause) {
      if (Reflect.get(Object(cause), 'code') !== 'EADDRINUSE') throw cause;
      await released(address);
    }
  }
}

/** Settles when the holder lets go or dies: either ends the connection to it. */
function released(address: string): Promise<void> {
  return new Promise((resolve) => {
    // Refused: it has just let go.
    const holder = connect(address).on('error', () => {});
    holder.once('close', () => resolve());
    holder.resume();
  });
}
