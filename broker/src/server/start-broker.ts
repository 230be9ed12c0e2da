/** The broker as a whole: credentials, engine, listeners, numbers. */
import { readTlsFiles, type TlsFiles } from '../access/authority-files.ts';
import { type ClearCredential, CredentialStore } from '../access/credential-store.ts';
import { Admission } from './admission.ts';
import { Doorway } from './doorway.ts';
import { Engine } from './engine.ts';
import { LastRefusals } from './last-refusals.ts';
import { BROKER_LIMITS, type BrokerLimits } from './limits.ts';
import { type Listener, listen } from './listeners.ts';
import { metricsOf, serveMetrics } from './metrics.ts';
import { BrokerMonitor, type Log, SILENT } from './monitor.ts';
import type { ListenerKind } from './session.ts';

export interface BrokerOptions {
  /** Where `credentials.json` and `ca/` lie; either this or `credentials`. */
  readonly dataDir?: string;
  /** Credentials that live in memory only. */
  readonly credentials?: readonly ClearCredential[];
  readonly host: string;
  /** MQTT over TCP. For every port 0 takes any free one; a listener whose port is left out does not exist. */
  readonly port: number;
  readonly wsPort?: number | undefined;
  readonly tlsPort?: number | undefined;
  readonly wssPort?: number | undefined;
  /** Certificates of the TLS listeners; those of `dataDir` when left out. */
  readonly tls?: TlsFiles | undefined;
  readonly metricsPort?: number | undefined;
  readonly metricsHost?: string | undefined;
  readonly limits?: Partial<BrokerLimits>;
  readonly log?: Log;
}

export interface BrokerPorts {
  readonly port: number;
  readonly wsPort: number | undefined;
  readonly tlsPort: number | undefined;
  readonly wssPort: number | undefined;
  readonly metricsPort: number | undefined;
}

export interface Broker extends BrokerPorts {
  readonly monitor: BrokerMonitor;
  /** Identities connected at present. */
  readonly clients: number;
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
  const log = options.log ?? SILENT;
  const lastRefusals = await LastRefusals.open(options.dataDir, (error) =>
    log.error({ err: error }, 'the list of refusals could not be written'),
  );
  const monitor = new BrokerMonitor(log, lastRefusals);
  const store = options.dataDir
    ? await CredentialStore.open(options.dataDir)
    : CredentialStore.inMemory(options.credentials ?? []);
  const engine = await Engine.start(store, limits, monitor);
  const admission = new Admission(limits, (why, address) => monitor.refused(why, { address }));
  const doorway = new Doorway();
  const listeners: Listener[] = [];
  const close = async () => {
    const closing = listeners.map((listener) => listener.close());
    await engine.close();
    admission.closeAll();
    await Promise.all(closing);
    await lastRefusals.close();
  };
  const open = async (kind: ListenerKind, port: number, tls?: TlsFiles): Promise<number> => {
    const listener = await listen(
      { engine, admission, doorway, limits, monitor },
      { kind, host: options.host, port, tls },
    );
    listeners.push(listener);
    return listener.port;
  };
  try {
    const ports = await openAll(options, open);
    const { metricsPort } = options;
    if (metricsPort !== undefined) {
      const registry = metricsOf({ engine, admission, monitor });
      const host = options.metricsHost ?? '127.0.0.1';
      listeners.push(await serveMetrics(registry, { host, port: metricsPort }));
    }
    return {
      ...ports,
      metricsPort: metricsPort === undefined ? undefined : listeners.at(-1)?.port,
      monitor,
      get clients() {
        return engine.clients;
      },
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

type Open = (kind: ListenerKind, port: number, tls?: TlsFiles) => Promise<number>;

async function openAll(options: BrokerOptions, open: Open): Promise<Omit<BrokerPorts, 'metricsPort'>> {
  const { wsPort, tlsPort, wssPort, dataDir } = options;
  const needsTls = tlsPort !== undefined || wssPort !== undefined;
  const tls = options.tls ?? (needsTls && dataDir ? await readTlsFiles(dataDir) : undefined);
  return {
    port: await open('tcp', options.port),
    wsPort: wsPort === undefined ? undefined : await open('ws', wsPort),
    tlsPort: tlsPort === undefined ? undefined : await open('tls', tlsPort, tls),
    wssPort: wssPort === undefined ? undefined : await open('wss', wssPort, tls),
  };
}
