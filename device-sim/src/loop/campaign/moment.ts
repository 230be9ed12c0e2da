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

export interface LoadFacts {
  readonly id: string;
  readonly channel: number;
  readonly kind: string;
  readonly priority: number;
  readonly nominalW: number;
  readonly commandedOn: boolean;
  readonly changed: boolean;
  readonly rule: string;
  readonly code: string;
  readonly closed: boolean;
  /** What it truly draws. */
  readonly powerW: number;
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
  readonly boardHeard: boolean;
  readonly decision: {
    readonly homeMode: string;
    readonly loads: readonly LoadFacts[];
    readonly batteries: readonly {
      readonly chargeLimitW: number;
      readonly dischargeLimitW: number;
      readonly mode: string;
    }[];
  } | null;
  readonly gridOn: boolean;
  /** True current of the fullest phase, and the fuse. */
  readonly worstPhaseA: number;
  readonly fuseA: number;
  readonly batteryMaxW: number;
  /** State of charge as the inverter last told it, and how long ago. */
  readonly socToldPct: number | null;
  readonly socAgeMs: number;
  /** The inverter holds an order of the box. */
  readonly batteryOrdered: boolean;
}
