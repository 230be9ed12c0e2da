/**
 * The box's numbers for Prometheus, on a port that edge.yaml opens. Values are taken from the newest state when
 * somebody asks. There is no login: for loopback or a trusted network. Ratios are 0..1, ages and durations seconds.
 */
import { createServer } from 'node:http';
import type { SiteState } from '@wattward/broker/wire/site';
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { StartError } from '../start-error.ts';

export interface MetricsSource {
  readonly siteId: string;
  readonly software: string;
  readonly commit: string;
  /** Devices and whether they answer. */
  readonly devicesUp: () => Iterable<readonly [device: string, up: boolean]>;
  /** Modbus requests since the start, by device and by what came of them: `ok` or the code of the failure. */
  readonly modbusRequests: () => Iterable<readonly [device: string, result: string, count: number]>;
  /** Points that wait for the history store. */
  readonly queuedPoints: () => number;
  /** Age of the oldest of them, seconds. */
  readonly oldestPointAgeS: () => number;
}

const CYCLE_BUCKETS_S = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

export class BoxMetrics {
  readonly registry = new Registry();
  readonly #cycleS: Histogram;
  readonly #decisions: Counter<'kind' | 'outcome'>;
  readonly #reconnects: Counter<'bus'>;
  readonly #outcomes = new Map<string, string>();
  #state: SiteState | null = null;

  constructor(source: MetricsSource) {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry, prefix: 'ems_' });
    this.#cycleS = new Histogram({
      name: 'ems_control_cycle_duration_seconds',
      help: 'Real time of one control cycle',
      buckets: CYCLE_BUCKETS_S,
      registers,
    });
    this.#decisions = new Counter({
      name: 'ems_decisions_total',
      help: 'Changes of outcome',
      labelNames: ['kind', 'outcome'],
      registers,
    });
    this.#reconnects = new Counter({
      name: 'ems_mqtt_reconnects_total',
      help: 'Connections made to a broker',
      labelNames: ['bus'],
      registers,
    });
    this.#powers();
    this.#gauge('ems_influx_queue_points', 'Points that wait for the history store', source.queuedPoints);
    this.#gauge('ems_influx_oldest_point_age_seconds', 'Age of the oldest of them', source.oldestPointAgeS);
    new Gauge({
      name: 'ems_device_up',
      help: 'Whether a device answers',
      labelNames: ['site', 'device'],
      registers,
      collect() {
        for (const [device, up] of source.devicesUp()) this.set({ site: source.siteId, device }, up ? 1 : 0);
      },
    });
    new Counter({
      name: 'ems_modbus_requests_total',
      help: 'Requests to a Modbus device, by what came of them',
      labelNames: ['device', 'result'],
      registers,
      collect() {
        this.reset();
        for (const [device, result, count] of source.modbusRequests()) this.inc({ device, result }, count);
      },
    });
    new Gauge({
      name: 'ems_build_info',
      help: 'Software of the box',
      labelNames: ['version', 'commit'],
      registers,
    }).set({ version: source.software, commit: source.commit }, 1);
  }

  /** A cycle took so long, real seconds. */
  cycle(durationS: number): void {
    this.#cycleS.observe(durationS);
  }

  connected(bus: string): void {
    this.#reconnects.inc({ bus });
  }

  show(state: SiteState): void {
    this.#state = state;
    const outcomes: [string, string, string][] = [
      ['home', 'home', state.mode],
      ...state.loads.map(({ id, desired }): [string, string, string] => [
        `load:${id}`,
        'load',
        desired ? 'on' : 'off',
      ]),
      ...state.batteries.map(({ id, mode }): [string, string, string] => [`battery:${id}`, 'battery', mode]),
    ];
    for (const [actuator, kind, outcome] of outcomes) {
      if (this.#outcomes.get(actuator) === outcome) continue;
      this.#outcomes.set(actuator, outcome);
      this.#decisions.inc({ kind, outcome });
    }
  }

  #powers(): void {
    const power = (key: keyof SiteState['power']) => () => this.#state?.power[key] ?? Number.NaN;
    this.#gauge('ems_grid_power_watts', 'Power at the grid connection, import +', power('gridPowerW'));
    this.#gauge('ems_pv_power_watts', 'Power of the sun', power('pvPowerW'));
    this.#gauge('ems_battery_power_watts', 'Power of the batteries, discharge +', power('batteryPowerW'));
    this.#gauge('ems_house_load_watts', 'Power of what the box does not switch', power('houseLoadW'));
    this.#gauge('ems_managed_load_watts', 'Power of what the box switches', power('managedLoadW'));
    this.#gauge('ems_battery_state_of_charge_ratio', 'Mean state of charge', () => {
      const pct = this.#state?.batterySocPct ?? null;
      return pct === null ? Number.NaN : pct / 100;
    });
    this.#gauge('ems_peak_mode_active', '1 while Peak Mode sheds loads', () =>
      this.#state?.peak.active ? 1 : 0,
    );
  }

  #gauge(name: string, help: string, value: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(value());
      },
    });
  }
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** `GET /metrics` and `GET /healthz`. @throws StartError when the port cannot be had */
export async function serveMetrics(
  registry: Registry,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url === '/healthz') response.end('ok\n');
    else if (request.method === 'GET' && request.url === '/metrics') {
      registry.metrics().then(
        (text) => response.writeHead(200, { 'Content-Type': registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    } else response.writeHead(404).end();
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', (cause) =>
    reject(
      new StartError(
        'metrics-port',
        `the metrics port ${host}:${port} cannot be had`,
        'Free it, or write another one under metrics in edge.yaml.',
        cause,
      ),
    ),
  );
  server.listen(port, host, resolve);
  await promise;
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: async () => {
      server.closeAllConnections();
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      await closed.promise;
    },
  };
}
