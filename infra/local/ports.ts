/** Are the ports free? Asked before anything starts, so that the answer is one sentence. */
import { createServer } from 'node:net';
import { StartFailure } from './supervisor.ts';

export const HOST = '127.0.0.1';

/** @throws StartFailure `port-taken` naming every port in use. */
export async function requireFree(ports: readonly { port: number; use: string }[]): Promise<void> {
  const taken: string[] = [];
  for (const { port, use } of ports) {
    if (!(await isFree(port))) taken.push(`${port} (${use})`);
  }
  if (taken.length === 0) return;
  const what = taken.length === 1 ? `Port ${taken[0]} is` : `Ports ${taken.join(', ')} are`;
  throw new StartFailure(
    'port-taken',
    `${what} taken.`,
    'End the other program, or choose others: npm start -- --ports 5700',
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, HOST, () => probe.close(() => resolve(true)));
  });
}
