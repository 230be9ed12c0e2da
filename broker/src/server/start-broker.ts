/** The broker as a whole: credentials, engine, listeners. */
import { type ClearCredential, CredentialStore } from '../access/credential-store.ts';
import { Admission } from './admission.ts';
import { Engine } from './engine.ts';
import { BROKER_LIMITS, type BrokerLimits } from './limits.ts';
import { type Listener, type ListenerContext, listenTcp, listenWs } from './listeners.ts';
import { BrokerMonitor, type Log } from './monitor.ts';

export interface BrokerOptions {
  /** Where `credentials.json` lies; either this or `credentials`. */
  readonly dataDir?: string;
  /** Credentials that live in memory only. */
  readonly credentials?: readonly ClearCredential[];
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** Left out: no WebSocket listener. */
  readonly wsPort?: number;
  readonly limits?: Partial<BrokerLimits>;
  readonly log?: Log;
}

export interface Broker {
  readonly port: number;
  readonly wsPort: number | undefined;
  readonly monitor: BrokerMonitor;
  /** Identities it knows at present. */
  readonly identities: number;
  close(): Promise<void>;
}

/**
 * Starts a broker; when the promise resolves, clients can connect.
 * @throws AccessError (code, message, remedy) when the credentials are broken or a port cannot be had.
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const limits = { ...BROKER_LIMITS, ...options.limits };
  const monitor = new BrokerMonitor(options.log);
  const store = options.dataDir
    ? await CredentialStore.open(options.dataDir)
    : CredentialStore.inMemory(options.credentials ?? []);
  const engine = await Engine.start(store, limits, monitor);
  const admission = new Admission(limits, (why, address) => monitor.refusedAddress(why, address));
  const context: ListenerContext = { engine, admission, limits, monitor };
  const listeners: Listener[] = [];
  const close = async () => {
    const closing = listeners.map((listener) => listener.close());
    await engine.close();
    admission.closeAll();
    await Promise.all(closing);
  };
  try {
    const tcp = await listenTcp(context, options.host, options.port);
    listeners.push(tcp);
    const ws =
      options.wsPort === undefined ? undefined : await listenWs(context, options.host, options.wsPort);
    if (ws) listeners.push(ws);
    return {
      port: tcp.port,
      wsPort: ws?.port,
      monitor,
      get identities() {
        return store.size;
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
