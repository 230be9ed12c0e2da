/**
 * A plan as the core reads it: modes, limits and load starts slot by slot, never raw powers to be followed blindly.
 * Guard rails (expected state of charge and load) let rule 9 notice that reality has left it.
 */
import type { BatteryMode } from '@wattward/broker/wire/site';

export interface PlanSlot {
  /** Half-open `[startMs, endMs)`, epoch milliseconds UTC. */
  readonly startMs: number;
  readonly endMs: number;
  readonly batteries: readonly PlannedBattery[];
  /** Ids of the deferrable loads that are to run in this slot. */
  readonly loadsOn: readonly string[];
  /** Mean house load expected in this slot (without managed loads), and how far it may be off. */
  readonly houseLoadW: number;
  readonly houseLoadBandW: number;
  /** What one more stored kilowatt-hour is worth at this time, money. */
  readonly storedValuePerKwh: number;
}

export interface PlannedBattery {
  readonly id: string;
  readonly mode: Exclude<BatteryMode, 'auto'>;
  readonly chargeLimitW: number;
  readonly dischargeLimitW: number;
  /** State of charge expected in this slot. */
  readonly socMinPct: number;
  readonly socMaxPct: number;
}

export interface Plan {
  readonly id: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  readonly slots: readonly PlanSlot[];
}
