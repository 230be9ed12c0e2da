/**
 * One immutable picture of the home: everything a cycle may know about the world.
 *
 * Arrays run in the order of the settings (`snapshot.loads[i]` belongs to `settings.loads[i]`). Signs: grid import
 * +, export -; PV +; battery discharge +, charge -; loads + when they consume. Watts, amperes, volts, percent.
 */
import type { Signal } from './signal.ts';
import type { SiteTime } from './site-time.ts';

export interface PhaseReading {
  readonly powerW: Signal;
  /** Magnitude; its direction is that of the phase's power. */
  readonly currentA: Signal;
  readonly voltageV: Signal;
}

export interface GridReading {
  /** Sum of all phases at the connection point. */
  readonly powerW: Signal;
  readonly frequencyHz: Signal;
  /** One entry per phase of the connection, L1 first. */
  readonly phases: readonly PhaseReading[];
  /** What the inverter (or a voltage relay) says of the grid. A silent meter alone is `unknown`, never `lost`. */
  readonly state: 'present' | 'lost' | 'unknown';
}

export interface PvReading {
  readonly powerW: Signal;
  /** What the array could give if nothing curtailed it, where an inverter or a model says so. */
  readonly availableW: Signal;
}

export interface BatteryReading {
  /** The inverter answers, so a command can reach it. */
  readonly online: boolean;
  readonly powerW: Signal;
  readonly socPct: Signal;
}

/** A person's wish at the portal or at the board's button: counts before plan and surplus, until it expires. */
export interface LoadOverride {
  readonly on: boolean;
  readonly source: 'portal' | 'button';
  /** Control time. */
  readonly untilMs: number;
}

export interface LoadReading {
  /** The board of this load was heard lately, so a command can reach it. */
  readonly online: boolean;
  /** What the board says; null while it has not said anything since the start. */
  readonly reportedOn: boolean | null;
  /** The board's count of this relay's operations; null where it keeps none. */
  readonly switches: number | null;
  readonly powerW: Signal;
  /** `welded`: draws although off; `stuck`: does not draw although on. Found by the rim from echo and meter. */
  readonly contact: 'sound' | 'welded' | 'stuck';
  readonly override: LoadOverride | null;
}

/** Half-open market slot `[startMs, endMs)`, money per kWh in the site's currency. */
export interface PriceSlot {
  readonly startMs: number;
  readonly endMs: number;
  readonly importPricePerKwh: number;
  readonly exportPricePerKwh: number;
}

/** What the grid operator orders right now, by contact or by message; null limits mean no order. */
export interface OperatorReading {
  readonly importLimitW: number | null;
  readonly exportLimitW: number | null;
  /** Control time of the last sign of life; null where there is no such link. */
  readonly heartbeatAtMs: number | null;
}

export interface Snapshot {
  readonly time: SiteTime;
  readonly grid: GridReading;
  readonly pv: PvReading;
  readonly batteries: readonly BatteryReading[];
  readonly loads: readonly LoadReading[];
  /** Known prices in time order, at best from the current slot on. Empty: the fixed tariff of the settings. */
  readonly prices: readonly PriceSlot[];
  readonly operator: OperatorReading;
  /** Active orders from afar (mode windows, schedules, forced loads), approved and verified. */
  readonly orders: readonly Order[];
}

/** An approved order of rule 8. Times are wall clock instants: it acts in `[fromMs, untilMs)`. */
export type Order = BatteryModeOrder | LoadOrder;

interface OrderWindow {
  /** Id of the set-point behind it. */
  readonly id: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface BatteryModeOrder extends OrderWindow {
  readonly kind: 'battery-mode';
  /** Battery id, or null for all. */
  readonly battery: string | null;
  readonly mode: 'self-consume' | 'hold' | 'idle' | 'charge-grid' | 'discharge-grid';
  readonly limitW: number | null;
}

export interface LoadOrder extends OrderWindow {
  readonly kind: 'load';
  readonly load: string;
  readonly on: boolean;
}

export const NO_OPERATOR: OperatorReading = { importLimitW: null, exportLimitW: null, heartbeatAtMs: null };
