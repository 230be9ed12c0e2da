/**
 * What inverters and PV meters say: PV power, batteries, and whether the grid is there. A device that only repeats
 * itself (`DeviceWatch`) is a fault in everything it says.
 */
import type { Settings } from '../core/settings.ts';
import { ABSENT, type Signal } from '../core/signal.ts';
import { type SiteSpecs, signalSpecs } from '../core/signal-specs.ts';
import type { BatteryReading, GridReading } from '../core/snapshot.ts';
import type { SiteSettings } from '../settings/site-settings.ts';
import type { ControlTime } from './control-time.ts';
import { DeviceWatch } from './device-watch.ts';
import { SignalLine } from './signal-line.ts';
import type { ReadingSource, Sources } from './sources.ts';

interface SupplyDevice {
  readonly pvPowerW: SignalLine | null;
  readonly gridLostCode: SignalLine | null;
  readonly batteries: readonly {
    readonly index: number;
    readonly powerW: SignalLine;
    readonly socPct: SignalLine;
  }[];
  readonly lines: readonly SignalLine[];
  readonly watch: DeviceWatch;
}

const NO_BATTERY: BatteryReading = { online: false, powerW: ABSENT, socPct: ABSENT };

export class SupplyLatch {
  readonly #devices: readonly SupplyDevice[];
  readonly #batteryCount: number;

  constructor(
    site: SiteSettings,
    core: Settings,
    sources: Pick<Sources, 'meters' | 'inverters'>,
    cycleMs: number,
  ) {
    const specs = signalSpecs(core, cycleMs);
    this.#batteryCount = site.batteries.length;
    this.#devices = [
      ...site.devices.inverters.map((inverter) => {
        const source = sources.inverters.get(inverter.id)?.source;
        return supplyDevice(source, specs, {
          pvKey: inverter.pv ? 'pvPowerW' : null,
          gridState: inverter.gridState,
          batteries: site.batteries.flatMap((battery, i) => (battery.inverter === inverter.id ? [i] : [])),
        });
      }),
      ...site.devices.meters
        .filter(({ role }) => role === 'pv')
        .map(({ id }) =>
          supplyDevice(sources.meters.get(id)?.source, specs, {
            pvKey: 'powerW',
            gridState: false,
            batteries: [],
          }),
        ),
    ];
  }

  take(control: ControlTime): void {
    for (const { lines } of this.#devices) for (const line of lines) line.take(control);
  }

  /** PV power, batteries in the order of the settings, and the grid's state at `nowMs`, control time. */
  readings(nowMs: number): {
    readonly pvPowerW: Signal;
    readonly batteries: readonly BatteryReading[];
    readonly gridState: GridReading['state'];
  } {
    const pv: Signal[] = [];
    const lost: Signal[] = [];
    const batteries = new Array<BatteryReading>(this.#batteryCount).fill(NO_BATTERY);
    for (const device of this.#devices) {
      const frozen = device.watch.frozen(nowMs);
      if (device.pvPowerW) pv.push(device.pvPowerW.signal(nowMs, frozen));
      if (device.gridLostCode) lost.push(device.gridLostCode.signal(nowMs, frozen));
      for (const { index, powerW, socPct } of device.batteries) {
        batteries[index] = batteryOf(powerW.signal(nowMs, frozen), socPct.signal(nowMs, frozen));
      }
    }
    return { pvPowerW: sumOf(pv), batteries, gridState: gridStateOf(lost) };
  }
}

interface SupplyShape {
  readonly pvKey: string | null;
  readonly gridState: boolean;
  /** Indices of the batteries that hang on it. */
  readonly batteries: readonly number[];
}

function supplyDevice(source: ReadingSource | undefined, specs: SiteSpecs, shape: SupplyShape): SupplyDevice {
  const pvPowerW = shape.pvKey === null ? null : new SignalLine(source, shape.pvKey, specs.pvPowerW);
  const code = { ...specs.pvPowerW, min: 0, max: 1 };
  const gridLostCode = shape.gridState ? new SignalLine(source, 'gridLostCode', code) : null;
  const batteries = shape.batteries.flatMap((index) => {
    const spec = specs.batteries[index];
    if (!spec) return [];
    const powerW = new SignalLine(source, 'batteryPowerW', spec.powerW);
    return [{ index, powerW, socPct: new SignalLine(source, 'socPct', spec.socPct) }];
  });
  const resting = [...(pvPowerW ? [pvPowerW] : []), ...batteries.map(({ powerW }) => powerW)];
  const watch = new DeviceWatch(source, resting, specs);
  const others = [...(gridLostCode ? [gridLostCode] : []), ...batteries.map(({ socPct }) => socPct)];
  return { pvPowerW, gridLostCode, batteries, lines: [...watch.lines, ...resting, ...others], watch };
}

function gridStateOf(codes: readonly Signal[]): GridReading['state'] {
  const known = codes.filter(({ quality }) => quality === 'good');
  if (known.length === 0) return 'unknown';
  return known.some(({ value }) => value === 1) ? 'lost' : 'present';
}

function batteryOf(powerW: Signal, socPct: Signal): BatteryReading {
  return { online: powerW.quality === 'good' || powerW.quality === 'fault', powerW, socPct };
}

/** The sum, or the first part that is missing; no parts are no device. */
function sumOf(parts: readonly Signal[]): Signal {
  let value = 0;
  let atMs = Number.POSITIVE_INFINITY;
  for (const part of parts) {
    if (part.quality !== 'good') return part;
    value += part.value;
    atMs = Math.min(atMs, part.atMs);
  }
  return parts.length === 0 ? ABSENT : { quality: 'good', value, atMs };
}
