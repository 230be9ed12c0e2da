/** A broker in a process of its own, so that the load does not count as its own work. Modes: `guarded`, `bare`. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Aedes } from 'aedes';
import type { ClearCredential } from '../src/access/credential-store.ts';
import type { BrokerLimits } from '../src/server/limits.ts';
import { startBroker } from '../src/server/start-broker.ts';

interface Orders {
  readonly mode: 'guarded' | 'bare';
  readonly credentials: readonly ClearCredential[];
  readonly limits?: Partial<BrokerLimits>;
}

export interface ServerProcess {
  readonly port: number;
  /** False once the process has ended. */
  alive(): boolean;
  rssMb(): Promise<number>;
  /** Processor time used so far. */
  cpuS(): Promise<number>;
  stop(): Promise<void>;
}

export async function startServer(orders: Orders): Promise<ServerProcess> {
  const child = fork(fileURLToPath(import.meta.url), ['serve'], {
    stdio: 'inherit',
    execArgv: ['--expose-gc', '--max-semi-space-size=4', '--max-old-space-size=128'],
  });
  child.send(orders);
  const [port] = (await once(child, 'message')) as [number];
  const usage = async () => {
    child.send('usage');
    const [answer] = (await once(child, 'message')) as [{ cpuS: number }];
    return answer;
  };
  return {
    port,
    alive: () => child.exitCode === null && child.signalCode === null,
    rssMb: async () => {
      await usage();
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8');
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
    },
    cpuS: async () => (await usage()).cpuS,
    stop: async () => {
      child.kill();
      await once(child, 'exit');
    },
  };
}

async function serve(orders: Orders): Promise<number> {
  if (orders.mode === 'guarded') {
    const { port } = await startBroker({
      credentials: orders.credentials,
      host: '127.0.0.1',
      port: 0,
      ...(orders.limits ? { limits: orders.limits } : {}),
    });
    return port;
  }
  const aedes = await Aedes.createBroker();
  const server = createServer({ noDelay: true }, aedes.handle);
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

if (process.argv[2] === 'serve' && process.send) {
  process.on('message', (message: Orders | 'usage') => {
    if (message === 'usage') {
      // What is garbage is not memory in use.
      globalThis.gc?.();
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuS: (user + system) / 1e6 });
    } else {
      void serve(message).then((port) => process.send?.(port));
    }
  });
  process.once('disconnect', () => process.exit(0));
}
