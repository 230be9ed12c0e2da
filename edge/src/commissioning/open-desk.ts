/** The commissioning desk of a running box: its devices, its meter, its disk. */
import type { Devices } from '../devices/open-devices.ts';
import type { SignalSource } from '../devices/signal-source.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import { CommissioningDesk, type DeskOptions } from './desk.ts';
import type { TestPorts } from './measured-test.ts';

export interface OpenDeskOptions extends Omit<DeskOptions, 'driven' | 'phasesW'> {
  readonly site: SiteSettings;
  readonly devices: Devices;
}

export function openDesk(options: OpenDeskOptions): CommissioningDesk {
  const { site, devices } = options;
  return new CommissioningDesk({
    ...options,
    driven: (id, device) => {
      const known = site.devices.boards.find((board) => board.id === id);
      return (known?.device ?? id) === device ? devices.boards.get(id) : undefined;
    },
    phasesW: housePhases(site, devices),
  });
}

/**
 * What the house draws on each phase: the grid meter and what the inverters give. A battery that follows the house
 * would hide a load from the grid meter; its answer is added back, spread evenly as three-phase inverters do.
 */
function housePhases(site: SiteSettings, devices: Devices): TestPorts['phasesW'] {
  const grid = site.devices.meters.find(({ role }) => role === 'grid');
  const meter: SignalSource | undefined = devices.meters.get(grid?.id ?? '')?.source;
  const { phases } = site.grid;
  return () => {
    const readings = meter?.readings();
    if (!readings) return null;
    const gridW = Array.from({ length: phases }, (_, i) => readings.values[`phase${i + 1}PowerW`] ?? null);
    let inverterW = 0;
    for (const { source } of devices.inverters.values()) inverterW += source.readings()?.values.acPowerW ?? 0;
    const powersW = gridW.flatMap((w) => (w === null ? [] : [w + inverterW / phases]));
    return powersW.length === phases ? { atMonoMs: readings.atMonoMs, powersW } : null;
  };
}
