/**
 * What the core needs to know of a site, ready to use: milliseconds, watts, percent, everything filled in.
 * Derived from the site settings by `edge/src/settings`; defaults, bounds and explanations stand there.
 */
import type { LoadKind } from '@wattward/broker/wire/site';
import type { CommandSettings } from './command-settings.ts';

/** Which phase a load hangs on: 1, 2, 3, or 0 for all of them. */
export type PhaseIndex = 0 | 1 | 2 | 3;

export interface GridSettings {
  readonly phases: 1 | 3;
  readonly fuseA: number;
  readonly nominalVoltageV: number;
  /** Installed limits at the connection point; null is none, 0 for export is "zero export". */
  readonly importLimitW: number | null;
  readonly exportLimitW: number | null;
}

export interface TrustSettings {
  readonly noNewOnMs: number;
  readonly failsafeMs: number;
  readonly goodSamples: number;
  readonly goodMs: number;
  /** Good samples before a meter is trusted for the first time. */
  readonly startingSamples: number;
}

export interface OutageSettings {
  readonly floorPct: number;
  /** An emptied battery is used again so far above the floor. */
  readonly floorMarginPct: number;
  /** So much at the meter, for so long, ends an outage of which nobody says anything any more. */
  readonly flowW: number;
  readonly flowMs: number;
  readonly firstReturnMs: number;
  /** Spread over the neighbourhood: hash(siteId) mod this is added to the first return. */
  readonly spreadMs: number;
  readonly nextReturnMs: number;
}

export interface FuseSettings {
  /** Multiples of the fuse's rated current. */
  readonly fastFactor: number;
  readonly mediumFactor: number;
  readonly slowFactor: number;
  readonly mediumMs: number;
  readonly slowMeanMs: number;
  readonly returnFactor: number;
  /** Extra headroom before a return, as a share of the rated current. */
  readonly returnMarginFactor: number;
  readonly returnMs: number;
  /** Charging from the grid keeps below this share of the fuse. */
  readonly chargeFactor: number;
}

export interface OperatorSettings {
  /** False: nobody may dim this home, no heartbeat is expected. */
  readonly expected: boolean;
  readonly heartbeatMs: number;
  readonly failsafeImportW: number;
  readonly failsafeExportW: number;
  readonly failsafeMs: number;
  /** Loads return below this share of the limit. */
  readonly returnShare: number;
}

export interface PeakSettings {
  readonly thresholdW: number;
  /** Peak Mode ends, and loads return, below this share of the threshold. */
  readonly exitFactor: number;
  readonly meanMs: number;
  /** Contract level of the 15-minute demand window; null is none. */
  readonly contractW: number | null;
  readonly windowMs: number;
  /** A predicted window mean above the contract level must last this long before a load is shed for it. */
  readonly windowPersistMs: number;
  /** How long a battery that could cover the excess gets to do so before loads are shed. */
  readonly batteryFirstMs: number;
  /** How long a shed load is given to show in the meter before the next one is shed. */
  readonly settleMs: number;
  /** Charging from the grid keeps below this share of the threshold. */
  readonly chargeFactor: number;
}

/** How shed loads come back, for the rules 3 to 5 alike. */
export interface ReturnSettings {
  readonly nominalFactor: number;
  readonly fitMs: number;
  readonly minShedMs: number;
  readonly maxBackoffMs: number;
  /** A return followed by a shed within this time doubles the wait. */
  readonly causedWithinMs: number;
}

export interface SurplusSettings {
  readonly onMarginW: number;
  readonly onMs: number;
  readonly offImportW: number;
  readonly offMs: number;
  /** How long the battery may carry a surplus load through clouds. */
  readonly bridgeMs: number;
  readonly deadlineMarginMs: number;
  readonly probeMs: number;
  readonly probeWaitMs: number;
  readonly probeMaxWaitMs: number;
  /** A charger that follows the surplus is raised by one ampere at most so often. */
  readonly raiseMs: number;
}

export interface PlanSettings {
  /** House load is compared with the plan as a mean over this time. */
  readonly loadMeanMs: number;
}

export interface PriceSettings {
  readonly enabled: boolean;
  readonly lowPricePerKwh: number | null;
  readonly highPricePerKwh: number | null;
  readonly sellAllowed: boolean;
  /** How far ahead dear and cheap hours count. */
  readonly aheadMs: number;
}

export interface TariffSettings {
  readonly currency: string;
  readonly importPricePerKwh: number;
  readonly exportPricePerKwh: number;
}

export interface BatterySettings {
  readonly id: string;
  readonly name: string;
  readonly capability: 'observe' | 'limit' | 'setpoint';
  readonly capacityWh: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  readonly reservePct: number;
  readonly ceilingPct: number;
  /** Hysteresis as installed; the reserve lifts both (see rule 7). */
  readonly dischargeOnPct: number;
  readonly dischargeOffPct: number;
  readonly startAboveReservePct: number;
  readonly ceilingMarginPct: number;
  readonly maintenanceBelowReservePct: number;
  readonly maintenanceW: number;
  readonly alarmPct: number;
  readonly gridChargeAllowed: boolean;
  readonly roundTripEfficiency: number;
  readonly wearPerKwh: number;
  /** Largest change of limits and set-point, watts per second; null is no ramp. */
  readonly rampWPerS: number | null;
  /** What to tell the inverter when the grid power is not known: `auto` only where commissioning proved it safe. */
  readonly distrustMode: 'idle' | 'auto';
  readonly leaseS: number;
}

export interface LoadSettings {
  readonly id: string;
  readonly name: string;
  readonly kind: LoadKind;
  readonly nominalPowerW: number;
  readonly phase: PhaseIndex;
  /** 1 is the most important; the highest number is shed first. */
  readonly priority: number;
  readonly essential: boolean;
  /** `always`: on unless a rule takes it off; `surplus`: by surplus, deadline, plan; `manual`: only by order. */
  readonly use: 'always' | 'surplus' | 'manual';
  readonly minOnMs: number;
  readonly minOffMs: number;
  readonly maxSwitchesPerHour: number;
  readonly maxSwitchesPerDay: number;
  readonly leaseS: number;
  /** Loads of one group (1 and above) are never on together; 0 is no group. */
  readonly interlock: number;
  /** What must be served until the deadline every day; null where there is none. */
  readonly target: LoadTarget | null;
  readonly quietHours: { readonly fromMinute: number; readonly toMinute: number } | null;
  /** Current control of a charger: 0 or min..max A. Null: switched by its enable contact only. */
  readonly current: CurrentSettings | null;
  /** Below this measured power a started program counts as finished. */
  readonly idlePowerW: number;
}

export interface CurrentSettings {
  readonly minA: number;
  readonly maxA: number;
  readonly phases: 1 | 3;
}

/** A run time or an energy, to be served by a local time of day. */
export type LoadTarget = ({ readonly runMs: number } | { readonly energyWh: number }) & {
  readonly deadlineMinute: number;
  /** May it also take surplus when the target is served? */
  readonly beyond: boolean;
};

export interface NumberBound {
  readonly min: number;
  readonly max: number;
}

/** What may be changed from afar, and how far: the installer's word. */
export interface SetpointBounds {
  readonly peakThresholdW: NumberBound;
  readonly batteryReservePct: NumberBound;
  readonly dischargeOnPct: NumberBound;
  readonly dischargeOffPct: NumberBound;
  readonly importLimitW: NumberBound;
  readonly exportLimitW: NumberBound;
}

export interface SignalSettings {
  readonly meterFreshMs: number;
  readonly meterFrozenMs: number;
  readonly inverterFreshMs: number;
  readonly inverterFrozenMs: number;
  readonly batteryFreshMs: number;
  readonly loadFreshMs: number;
  readonly confirmSamples: number;
  /** Fewer identical readings in a row prove nothing. */
  readonly frozenSamples: number;
  /** Largest plausible current, as a multiple of the main fuse. */
  readonly fuseMultiple: number;
  /** Largest plausible changes of powers, watts per second; null where any step is possible. */
  readonly meterStepWPerS: number | null;
  readonly inverterStepWPerS: number | null;
  readonly loadStepWPerS: number | null;
  /** Largest plausible PV power; null: what the meter may show on all phases. */
  readonly pvMaxW: number | null;
  readonly nightDrawW: number;
  readonly batteryPowerFactor: number;
  readonly socStepPctPerS: number;
  readonly inrushFactor: number;
  /** Plausible voltages, as multiples of the nominal one. */
  readonly voltageMinFactor: number;
  readonly voltageMaxFactor: number;
  readonly frequencyMinHz: number;
  readonly frequencyMaxHz: number;
  /** Share of the capacity that may leave a battery without its charge reading moving; 0 is no check. */
  readonly stillSocPct: number;
}

export interface Settings {
  /** Identity of the site; only its hash enters a decision (spread of returns). */
  readonly siteId: string;
  /** The box's own pace: what lasts longer than three cycles was not measured. */
  readonly cycleMs: number;
  readonly hasPv: boolean;
  readonly grid: GridSettings;
  readonly tariff: TariffSettings;
  readonly trust: TrustSettings;
  readonly outage: OutageSettings;
  readonly fuse: FuseSettings;
  readonly operator: OperatorSettings;
  readonly peak: PeakSettings;
  readonly returns: ReturnSettings;
  readonly surplus: SurplusSettings;
  readonly plan: PlanSettings;
  readonly price: PriceSettings;
  readonly commands: CommandSettings;
  readonly signals: SignalSettings;
  readonly bounds: SetpointBounds;
  readonly batteries: readonly BatterySettings[];
  readonly loads: readonly LoadSettings[];
  /** Indices of `loads`, the most important first; ties in the order of the list. */
  readonly byPriority: readonly number[];
}
