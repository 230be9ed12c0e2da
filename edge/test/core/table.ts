/** Cycle tests as tables: run the home for some seconds in a world, then compare a few outcomes. */
import { expect } from '@jest/globals';
import type { Run, World } from './home.ts';

export interface Row {
  /** What happens, as a sentence: shown when the row fails. */
  readonly when: string;
  /** Seconds of one cycle each. */
  readonly for: number;
  readonly in: World;
  readonly gives: Expected;
}

export interface Expected {
  readonly home?: string;
  /** Desired states by load id. */
  readonly on?: Readonly<Record<string, boolean>>;
  /** Reason codes by load id. */
  readonly why?: Readonly<Record<string, string>>;
  /** Mode and reason code of the first battery, and its limits where given. */
  readonly battery?: string;
  readonly batteryWhy?: string;
  readonly chargeW?: number;
  readonly dischargeW?: number;
  readonly setpointW?: number;
  readonly dischargeAllowed?: boolean;
  readonly exportW?: number | null;
  readonly alarms?: readonly string[];
}

/** Runs the rows one after the other on the same home. */
export function play(run: Run, rows: readonly Row[]): void {
  for (const row of rows) {
    const { decision } = run.run(row.for, row.in);
    const { gives } = row;
    const battery = decision.batteries[0];
    const ids = Object.keys(gives.on ?? {});
    const codes = Object.keys(gives.why ?? {});
    const byId = (id: string) => decision.loads.find((load) => load.id === id);
    const seen: Record<string, unknown> = {
      ...(gives.home === undefined ? {} : { home: decision.homeMode }),
      ...(gives.on ? { on: Object.fromEntries(ids.map((id) => [id, byId(id)?.on])) } : {}),
      ...(gives.why ? { why: Object.fromEntries(codes.map((id) => [id, byId(id)?.reason.code])) } : {}),
      ...(gives.battery === undefined ? {} : { battery: battery?.mode }),
      ...(gives.batteryWhy === undefined ? {} : { batteryWhy: battery?.reason.code }),
      ...(gives.chargeW === undefined ? {} : { chargeW: battery?.chargeLimitW }),
      ...(gives.dischargeW === undefined ? {} : { dischargeW: battery?.dischargeLimitW }),
      ...(gives.setpointW === undefined ? {} : { setpointW: battery?.setpointW }),
      ...(gives.dischargeAllowed === undefined ? {} : { dischargeAllowed: battery?.dischargeAllowed }),
      ...(gives.exportW === undefined ? {} : { exportW: decision.exportLimit.limitW }),
      ...(gives.alarms ? { alarms: decision.alarms.map((alarm) => alarm.code) } : {}),
    };
    expect({ when: row.when, ...seen }).toEqual({ when: row.when, ...gives });
  }
}
