/** The live snapshot with the decision taken on it, as the portal sees it once a second. */
import type { SiteState } from '@wattward/broker/wire/site';
import type { Decision } from '../core/decision.ts';
import type { Settings } from '../core/settings.ts';
import type { Signal } from '../core/signal.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { meanSocPct } from '../record/mean-soc-pct.ts';
import type { StoreStats } from '../record/store.ts';

export interface StateInput {
  readonly siteId: string;
  /** Epoch milliseconds, site time. */
  readonly wallMs: number;
  readonly core: Settings;
  readonly snapshot: Snapshot;
  readonly decision: Decision;
  readonly stats: StoreStats;
  /** Those that hold now. */
  readonly setpoints: readonly SiteState['setpoints'][number][];
  /** Control time minus wall time, to turn instants of the core into those of the wall. */
  readonly controlAheadMs: number;
}

export function siteStateOf(input: StateInput): SiteState {
  const { siteId, wallMs, core, snapshot, decision, stats, setpoints } = input;
  const { demand } = decision;
  return {
    v: 1,
    site: siteId,
    at: new Date(wallMs).toISOString(),
    cycle: decision.cycle,
    mode: decision.homeMode,
    reason: decision.reason,
    power: decision.balance,
    batterySocPct: meanSocPct(core, snapshot),
    signals: signalsOf(core, snapshot, decision.atMs),
    allocation: decision.allocation,
    peak: {
      active: demand.peakActive,
      thresholdW: demand.thresholdW,
      demandW: demand.demandW,
      windowDemandW: demand.windowDemandW,
      shedLoads: decision.loads.filter(({ shed }) => shed).map(({ id }) => id),
    },
    batteries: batteryStates(input),
    loads: loadStates(input),
    today: decision.today,
    price: {
      importPricePerKwh: decision.importPricePerKwh,
      exportPricePerKwh: decision.exportPricePerKwh,
      currency: core.tariff.currency,
    },
    setpoints: setpoints.map(({ id, kind, value, expires }) => ({ id, kind, value, expires })),
    outbox: {
      pendingPoints: stats.pendingPoints,
      oldestAgeS: stats.oldestAgeS,
      droppedPoints: stats.droppedPoints,
    },
  };
}

function batteryStates({ core, snapshot, decision }: StateInput): SiteState['batteries'] {
  return decision.batteries.map((command, i) => ({
    id: command.id,
    name: core.batteries[i]?.name ?? command.id,
    mode: command.mode,
    chargeLimitW: command.chargeLimitW,
    dischargeLimitW: command.dischargeLimitW,
    powerW: snapshot.batteries[i]?.powerW.value ?? null,
    socPct: snapshot.batteries[i]?.socPct.value ?? null,
    dischargeAllowed: command.dischargeAllowed,
    reason: command.reason,
  }));
}

function loadStates({ core, snapshot, decision, controlAheadMs }: StateInput): SiteState['loads'] {
  return core.loads.flatMap((load, i) => {
    const command = decision.loads[i];
    if (!command) return [];
    return [
      {
        id: load.id,
        name: load.name,
        kind: load.kind,
        priority: load.priority,
        essential: load.essential,
        nominalPowerW: load.nominalPowerW,
        desired: command.on,
        reported: snapshot.loads[i]?.reportedOn ?? null,
        measuredPowerW: snapshot.loads[i]?.powerW.value ?? null,
        since: command.sinceMs ? new Date(command.sinceMs - controlAheadMs).toISOString() : null,
        shed: command.shed,
        reason: command.reason,
      },
    ];
  });
}

function signalsOf(core: Settings, snapshot: Snapshot, nowMs: number): SiteState['signals'] {
  const { grid, pv } = snapshot;
  const named: [string, Signal][] = [
    ['gridPowerW', grid.powerW],
    ['gridFrequencyHz', grid.frequencyHz],
    ...grid.phases.flatMap((phase, i): [string, Signal][] => [
      [`phase${i + 1}CurrentA`, phase.currentA],
      [`phase${i + 1}VoltageV`, phase.voltageV],
    ]),
    ['pvPowerW', pv.powerW],
    ...core.batteries.flatMap(({ id }, i): [string, Signal][] => {
      const reading = snapshot.batteries[i];
      return reading ? [[`${id}.socPct`, reading.socPct]] : [];
    }),
  ];
  return Object.fromEntries(
    named.map(([name, signal]) => [
      name,
      {
        value: signal.value,
        ageMs: signal.atMs === 0 ? 0 : Math.max(0, Math.round(nowMs - signal.atMs)),
        quality: signal.quality,
      },
    ]),
  );
}
