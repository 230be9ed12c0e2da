/**
 * What of a cycle goes into the history: names of measurements, tags and fields exactly as the portal reads them.
 * Powers are means over the recording interval, energy comes from counters, so that a card and its chart agree.
 */
import type { Decision } from '../core/decision.ts';
import type { State } from '../core/state.ts';
import type { Devices } from '../devices/open-devices.ts';
import type { Point } from '../outbox/point.ts';
import type { SiteSettings } from '../settings/site-settings.ts';

export interface PointsInput {
  readonly siteId: string;
  readonly site: SiteSettings;
  readonly devices: Devices;
  readonly state: State;
  readonly decision: Decision;
  /** State of charge over all batteries, percent. */
  readonly batterySocPct: number | null;
  readonly loadPowersW: readonly (number | null)[];
}

const MEANS = ['gridPowerW', 'pvPowerW', 'batteryPowerW', 'houseLoadW', 'managedLoadW'] as const;
type MeanName = (typeof MEANS)[number];

/** Collects means between two recordings. */
export class PointMaker {
  #sums = new Map<MeanName, { sum: number; count: number }>();

  /** Takes in one cycle. */
  add(decision: Decision): void {
    for (const name of MEANS) {
      const value = decision.balance[name];
      if (value === null) continue;
      const entry = this.#sums.get(name) ?? { sum: 0, count: 0 };
      entry.sum += value;
      entry.count += 1;
      this.#sums.set(name, entry);
    }
  }

  /** The points of this recording; means begin anew. */
  points(input: PointsInput): Point[] {
    const means = this.#means();
    return [sitePoint(input, means), flowPoint(input), ...devicePoints(input), ...loadPoints(input)];
  }

  #means(): Record<MeanName, number | null> {
    const mean = (name: MeanName) => {
      const entry = this.#sums.get(name);
      return entry ? rounded(entry.sum / entry.count) : null;
    };
    const means = Object.fromEntries(MEANS.map((name) => [name, mean(name)])) as Record<
      MeanName,
      number | null
    >;
    this.#sums = new Map();
    return means;
  }
}

function sitePoint(input: PointsInput, means: Record<MeanName, number | null>): Point {
  const { siteId, state, decision } = input;
  const { gridImportWh, gridExportWh, pvWh, batteryChargedWh, batteryDischargedWh } = state.ledger.total;
  return {
    measurement: 'site',
    tags: { site: siteId },
    fields: {
      ...means,
      batterySocPct: input.batterySocPct,
      demandWindowW: decision.demand.windowDemandW,
      gridImportWh,
      gridExportWh,
      pvWh,
      batteryChargedWh,
      batteryDischargedWh,
      importPricePerKwh: decision.importPricePerKwh,
      exportPricePerKwh: decision.exportPricePerKwh,
      mode: decision.homeMode,
    },
  };
}

function flowPoint({ siteId, site, state }: PointsInput): Point {
  const { ledger } = state;
  const { total } = ledger;
  return {
    measurement: 'flow',
    tags: { site: siteId, currency: site.tariff.currency },
    fields: {
      solarToLoadWh: total.solarToLoadWh,
      solarToBatteryWh: total.solarToBatteryWh,
      solarToGridWh: total.solarToGridWh,
      batteryToLoadWh: total.batteryToLoadWh,
      batteryToGridWh: total.batteryToGridWh,
      gridToLoadWh: total.gridToLoadWh,
      gridToBatteryWh: total.gridToBatteryWh,
      costMoney: total.costMoney,
      counterfactualCostMoney: total.counterfactualCostMoney,
      savingsMoney: ledger.savingsMoney,
      profitMoney: total.soldMoney - total.soldCostMoney,
      unservedWh: total.unservedWh,
    },
  };
}

function devicePoints({ siteId, site, devices }: PointsInput): Point[] {
  const { meters, inverters } = site.devices;
  const sources = [
    ...meters.map(({ id, role }) => ({ id, role: role as string, source: devices.meters.get(id)?.source })),
    ...inverters.map(({ id }) => ({ id, role: 'inverter', source: devices.inverters.get(id)?.source })),
  ];
  return sources.flatMap(({ id, role, source }) => {
    const readings = source?.readings();
    if (!readings || source?.failure()) return [];
    return [{ measurement: 'device', tags: { site: siteId, device: id, role }, fields: readings.values }];
  });
}

function loadPoints(input: PointsInput): Point[] {
  const { siteId, site, devices, decision } = input;
  return site.loads.map((load, i) => {
    const reported = devices.boards.get(load.board)?.channel(load.channel)?.reported;
    return {
      measurement: 'load',
      tags: { site: siteId, load: load.id },
      fields: {
        on: reported?.on ?? null,
        powerW: input.loadPowersW[i] ?? null,
        cause: decision.loads[i]?.reason.code ?? null,
        switches: reported ? BigInt(reported.switches) : null,
      },
    };
  });
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
