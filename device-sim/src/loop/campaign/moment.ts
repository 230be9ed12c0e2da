/** What the oracle is shown: the rules of each channel, commands as they arrive, and the truth after each cycle. */

export interface CommandSeen {
  readonly board: string;
  readonly boot: string;
  readonly seq: number;
  readonly channel: number;
  readonly on: boolean;
  readonly leaseS: number;
  readonly expUptimeMs: number;
  readonly protective: boolean;
}

export interface ChannelRules {
  readonly channel: number;
  readonly safeOn: boolean;
  readonly minOnMs: number;
  readonly minOffMs: number;
  readonly interlock: number;
  readonly perHour: number;
  readonly perDay: number;
}

/** What the installer set for the whole home. */
export interface SiteLimits {
  readonly cycleMs: number;
  readonly fuseA: number;
  readonly thresholdW: number;
  /** The larger of charging and discharging power. */
  readonly batteryMaxW: number;
  readonly reservePct: number;
  readonly maintenanceW: number;
  readonly zone: string;
}

/** What approved set-points move, null where none holds. */
export interface MovedLimits {
  readonly thresholdW: number | null;
  readonly reservePct: number | null;
  readonly importLimitW: number | null;
}

export interface LoadFacts {
  readonly id: string;
  readonly channel: number;
  readonly kind: string;
  readonly priority: number;
  readonly essential: boolean;
  /** 1 to 3, 0 for all. */
  readonly phase: number;
  readonly nominalW: number;
  readonly minOffMs: number;
  readonly commandedOn: boolean;
  readonly changed: boolean;
  readonly rule: string;
  /** Ordered without regard to minimum times. */
  readonly urgent: boolean;
  /** Taken off by a protective rule and waiting to come back. */
  readonly shed: boolean;
  readonly closed: boolean;
  /** What the board's last report that reached the box says; null while there is none. */
  readonly toldOn: boolean | null;
  /** What it truly draws. */
  readonly powerW: number;
}

export interface BatteryFacts {
  readonly chargeLimitW: number;
  readonly dischargeLimitW: number;
  readonly mode: string;
  /** The hysteresis has let discharging begin. */
  readonly dischargeAllowed: boolean;
}

export interface DecisionFacts {
  readonly homeMode: string;
  readonly peakActive: boolean;
  readonly demandW: number | null;
  readonly loads: readonly LoadFacts[];
  readonly batteries: readonly BatteryFacts[];
  /** As the box sees them: house bus, watts; null where not known. */
  readonly seenBatteryW: number | null;
  readonly seenPvW: number | null;
}

export interface Moment {
  readonly nowMs: number;
  readonly boxRuns: boolean;
  /** Uptime and boot of the board, and what its contacts do. */
  readonly boot: string;
  readonly uptimeMs: number;
  readonly contacts: readonly boolean[];
  /** The meter was read whole, with the true numbers, in this cycle. */
  readonly meterWhole: boolean;
  /** And they were of this very moment: a meter that froze is believed for a while. */
  readonly meterLive: boolean;
  /** Local time of day as the box takes it, minutes; null while it does not trust its clock. */
  readonly localMinute: number | null;
  /** What its wall clock shows, epoch milliseconds. */
  readonly wallMs: number;
  readonly boardHeard: boolean;
  readonly decision: DecisionFacts | null;
  readonly gridOn: boolean;
  /** True powers and currents at the connection: import +; currents without sign. */
  readonly gridW: number;
  readonly phaseW: readonly number[];
  readonly phaseA: readonly number[];
  /** True DC powers of the inverter, discharge +, and whether its readings were of this moment lately. */
  readonly batteryW: number;
  readonly pvW: number;
  readonly inverterLive: boolean;
  /** True state of charge when the inverter was last read, and how long ago. */
  readonly socToldPct: number | null;
  readonly socAgeMs: number;
  /** What the inverter last told of the grid; null before it said anything. */
  readonly gridLostTold: boolean | null;
  readonly gridToldAgeMs: number;
  /** The inverter holds an order of the box. */
  readonly batteryOrdered: boolean;
  /** How long ago an order to the inverter got lost, or waited for a first reading; infinite when none did. */
  readonly orderLostAgeMs: number;
}
