/** The broker's numbers for Prometheus, and the small HTTP server that shows them. */
import { createServer } from 'node:http';
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { Admission } from './admission.ts';
import type { Engine } from './engine.ts';
import type { BrokerMonitor } from './monitor.ts';

export interface MetricsSource {
  readonly engine: Engine;
  readonly admission: Admission;
  readonly monitor: BrokerMonitor;
}

/** Values are taken when somebody asks; nothing is counted twice. */
export function metricsOf({ engine, admission, monitor }: MetricsSource): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'ems_mqtt_' });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  gauge('ems_mqtt_clients', 'Identities connected', () => engine.clients);
  gauge('ems_mqtt_connections', 'Open connections, known or not', () => admission.connections);
  gauge(
    'ems_mqtt_pending_connections',
    'Connections that have not proved who they are',
    () => admission.pending,
  );
  gauge('ems_mqtt_retained_messages', 'Retained messages', () => engine.kept?.retainedTopics ?? 0);
  gauge('ems_mqtt_retained_bytes', 'Memory of retained messages', () => engine.kept?.retainedBytes ?? 0);
  gauge('ems_mqtt_queued_bytes', 'Messages kept for absent clients', () => engine.kept?.queuedBytes ?? 0);

  const total = <L extends string>(
    name: string,
    help: string,
    labels: { readonly names: readonly L[]; readonly values: () => Iterable<[Record<L, string>, number]> },
  ) =>
    new Counter({
      name,
      help,
      labelNames: labels.names,
      registers: [registry],
      collect() {
        this.reset();
        for (const [values, count] of labels.values()) this.inc(values, count);
      },
    });
  total('ems_mqtt_refusals_total', 'Connections refused or ended by the broker', {
    names: ['why'],
    values: () => [...monitor.refusals].map(([why, count]) => [{ why }, count]),
  });
  total('ems_mqtt_denials_total', 'Publications and subscriptions denied', {
    names: ['what'],
    values: () => Object.entries(monitor.denials).map(([what, count]) => [{ what }, count]),
  });
  total('ems_mqtt_received_messages_total', 'Messages published by clients', {
    names: ['role'],
    values: () => [...monitor.publishedByRole].map(([role, { messages }]) => [{ role }, messages]),
  });
  total('ems_mqtt_received_bytes_total', 'Payload bytes published by clients', {
    names: ['role'],
    values: () => [...monitor.publishedByRole].map(([role, { bytes }]) => [{ role }, bytes]),
  });
  total('ems_mqtt_not_kept_total', 'Messages not kept because a quota was reached', {
    names: ['what'],
    values: () => [
      [{ what: 'retained' }, engine.kept?.notRetained ?? 0],
      [{ what: 'queued' }, engine.kept?.notQueued ?? 0],
    ],
  });
  return registry;
}

/** `GET /metrics` and `GET /healthz`; for loopback or a trusted network, there is no login. */
export async function serveMetrics(
  registry: Registry,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/healthz') response.end('ok\n');
    else if (request.method === 'GET' && request.url === '/metrics') {
      registry.metrics().then(
        (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}
