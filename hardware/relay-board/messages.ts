/**
 * What a relay board says and hears, as plain types: the board imports nothing, not even the wire's schemas.
 * A contract test in the simulator holds both against each other. Channels count from 1; `on` always means that
 * the load is energised, whatever the contact.
 */

export type Cause = 'boot' | 'command' | 'lease-end' | 'button' | 'config' | 'safe';

export type Refusal =
  | 'foreign-board'
  | 'foreign-boot'
  | 'old-seq'
  | 'expired'
  | 'bad-channel'
  | 'lease-too-long'
  | 'boot-hold'
  | 'min-on'
  | 'min-off'
  | 'interlock'
  | 'budget'
  | 'button';

export interface HelloMessage {
  v: 1;
  board: string;
  boot: string;
  model: string;
  firmware: string;
  channels: number;
  pins: number[];
  mac: string;
  claim: string;
}

export interface StateMessage {
  v: 1;
  board: string;
  boot: string;
  uptimeMs: number;
  seq: number;
  channels: {
    channel: number;
    on: boolean;
    cause: Cause;
    sinceMs: number;
    leaseLeftS: number;
    switches: number;
  }[];
  rssi: number;
  heap: number;
}

export interface CommandMessage {
  v: 1;
  board: string;
  boot: string;
  seq: number;
  channel: number;
  on: boolean;
  /** 0 is enough for a return to the safe state, which needs no lease. */
  leaseS: number;
  expUptimeMs: number;
  reason: string;
  /** Sent by a protective rule: may break a minimum on-time and ends what a person switched by button. */
  protective?: boolean | undefined;
}

export interface AckMessage {
  v: 1;
  board: string;
  boot: string;
  seq: number;
  result: 'done' | 'refused';
  why?: Refusal;
}

export interface ChannelConfig {
  channel: number;
  safeState: 'off' | 'on';
  contact: 'no' | 'nc';
  minOnS: number;
  minOffS: number;
  /** Channels of one group are never energised together; 0 is no group. */
  interlock: number;
  maxLeaseS: number;
  /** Switching operations, on and off counted alike; 0 is no limit. */
  maxSwitchesPerHour: number;
  maxSwitchesPerDay: number;
}

export interface ConfigMessage {
  v: 1;
  board: string;
  channels: ChannelConfig[];
  telemetryS: number;
}

export interface ButtonMessage {
  v: 1;
  board: string;
  boot: string;
  channel: number;
}
