/** What the box tells systems beside the portal, each only where edge.yaml asks for it. */
import type { SiteState } from '@wattward/broker/wire/site';
import type { EdgeConfig } from '../config.ts';
import type { Devices } from '../devices/open-devices.ts';
import type { Buses } from '../link/buses.ts';
import type { Store } from '../record/store.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import { HomeAssistant } from './home-assistant.ts';
import { BoxMetrics, serveMetrics } from './metrics.ts';

export interface OutwardOptions {
  readonly config: Pick<EdgeConfig, 'site' | 'metrics' | 'homeAssistant'>;
  readonly site: SiteSettings;
  readonly software: string;
  readonly commit: string;
  readonly devices: Devices;
  readonly buses: Buses;
  readonly store: Pick<Store, 'stats'>;
}

export interface Outward {
  /** Port of the metrics, null when none is open. */
  readonly metricsPort: number | null;
  show(state: () => SiteState): void;
  /** Runs one cycle and counts its time. */
  timed(cycle: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

/** @throws StartError when the metrics port cannot be had */
export async function openOutward(options: OutwardOptions): Promise<Outward> {
  const { config, site, software, buses } = options;
  const assistant = config.homeAssistant
    ? new HomeAssistant({ siteId: config.site, site, bus: buses.home, software })
    : null;
  const metrics = config.metrics ? metricsOf(options) : null;
  const server = metrics && config.metrics ? await serveMetrics(metrics.registry, config.metrics) : null;
  return {
    metricsPort: server?.port ?? null,
    show: (state) => {
      if (!assistant && !metrics) return;
      const now = state();
      assistant?.show(now);
      metrics?.show(now);
    },
    timed: async (cycle) => {
      const startMs = performance.now();
      await cycle();
      metrics?.cycle((performance.now() - startMs) / 1000);
    },
    close: async () => server?.close(),
  };
}

function metricsOf({ config, software, commit, devices, buses, store }: OutwardOptions): BoxMetrics {
  const metrics = new BoxMetrics({
    siteId: config.site,
    software,
    commit,
    modbusRequests: () => devices.modbusRequests(),
    queuedPoints: () => store.stats().pendingPoints,
    oldestPointAgeS: () => store.stats().oldestAgeS,
    devicesUp: () => [
      ...[...devices.meters, ...devices.inverters].map(
        ([id, { source }]) => [id, source.readings() !== null && source.failure() === null] as const,
      ),
      ...[...devices.boards].map(([id, board]) => [id, board.presence() === 'present'] as const),
    ],
  });
  for (const [name, bus] of [
    ['home', buses.home],
    ['cloud', buses.cloud],
  ] as const) {
    bus?.onLink((up) => {
      if (up) metrics.connected(name);
    });
  }
  return metrics;
}
