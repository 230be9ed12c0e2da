/**
 * How commands to boards and inverters are given, and how it is seen that they are obeyed. The numbers of a home come
 * from its settings; these stand where none are known yet, as at a board that is being commissioned.
 */
export interface CommandSettings {
  /** No sign of life from a board for so long: suspect, then offline. */
  readonly suspectMs: number;
  readonly offlineMs: number;
  /** How long an echo is waited for, and how often a command is tried before that is an alarm. */
  readonly echoMs: number;
  readonly echoTries: number;
  /** A lease is renewed at least so often; three times a lease where that is shorter. */
  readonly renewMs: number;
  /** Lease of a limit on export: without the box the inverter goes back to its own after it. */
  readonly exportLeaseS: number;
  /** A command that reaches its board later than this is void. */
  readonly validMs: number;
  /** A contact has so long to show at the meter of its load, and must show this share of the nameplate. */
  readonly contactMs: number;
  readonly contactFactor: number;
  /** Operations after which a relay counts as worn, by its board's own counter. */
  readonly lifeSwitches: number;
}

export const STANDARD_COMMANDS: CommandSettings = {
  suspectMs: 45_000,
  offlineMs: 90_000,
  echoMs: 2_000,
  echoTries: 3,
  renewMs: 30_000,
  exportLeaseS: 90,
  validMs: 5_000,
  contactMs: 10_000,
  contactFactor: 0.5,
  lifeSwitches: 100_000,
};
