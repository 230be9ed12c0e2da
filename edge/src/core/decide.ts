/**
 * The decision of one cycle.
 *
 * Pure: same arguments, same answer, to the bit. No clock, no chance, no I/O. Arguments are never changed.
 */
import { allocate, balanceOf } from './allocation.ts';
import type { Decision, Reason } from './decision.ts';
import type { Plan } from './plan.ts';
import type { Settings } from './settings.ts';
import type { Snapshot } from './snapshot.ts';
import type { State } from './state.ts';

export interface Outcome {
  readonly state: State;
  readonly decision: Decision;
}

const STARTING: Reason = { rule: 'start', code: 'starting', params: {} };

/** Decides one cycle. `settings` are the effective ones: approved set-points already folded in. */
export function decide(
  state: State,
  snapshot: Snapshot,
  settings: Settings,
  _plan: Plan | null,
  nowMs: number,
): Outcome {
  const balance = balanceOf(snapshot);
  return {
    state: { ...state, atMs: nowMs, cycle: state.cycle + 1 },
    decision: {
      atMs: nowMs,
      cycle: state.cycle + 1,
      homeMode: 'normal',
      reason: STARTING,
      loads: settings.loads.map((load, i) => ({
        id: load.id,
        on: state.loads[i]?.on ?? false,
        currentLimitA: null,
        leaseS: load.leaseS,
        urgent: false,
        changed: false,
        shed: false,
        sinceMs: null,
        reason: STARTING,
      })),
      batteries: settings.batteries.map((battery) => ({
        id: battery.id,
        mode: 'idle',
        chargeLimitW: 0,
        dischargeLimitW: 0,
        setpointW: null,
        leaseS: battery.leaseS,
        urgent: false,
        changed: false,
        commanded: battery.capability !== 'observe',
        dischargeAllowed: false,
        reason: STARTING,
      })),
      exportLimit: { limitW: settings.grid.exportLimitW, leaseS: 90, changed: false, reason: STARTING },
      balance,
      allocation: allocate(balance),
      demand: { demandW: null, windowDemandW: null, thresholdW: settings.peak.thresholdW, peakActive: false },
      today: {
        gridImportWh: 0,
        gridExportWh: 0,
        pvWh: 0,
        batteryChargedWh: 0,
        batteryDischargedWh: 0,
        costMoney: 0,
        savingsMoney: 0,
      },
      importPricePerKwh: settings.tariff.importPricePerKwh,
      exportPricePerKwh: settings.tariff.exportPricePerKwh,
      outcomes: [],
      alarms: [],
      mustPersist: false,
    },
  };
}
