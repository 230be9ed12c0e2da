/**
 * What the board keeps over a power cut: its configuration, the life counters, how to reach the box, and who it is.
 * A relay's state is not among it, on purpose. One value holds at most 63 bytes, so the configuration is kept
 * channel by channel and a long password in two halves.
 */
import type { ChannelConfig, ConfigMessage } from '../relay-board/messages.ts';
import { MAX_CHANNELS } from '../relay-board/state.ts';
import type { BrokerAddress, SettingsPort } from './ports.ts';

export const MAX_VALUE_BYTES = 63;
/** A string is kept with a closing zero. */
const MAX_TEXT = MAX_VALUE_BYTES - 1;
const HALF = 32;

export interface Access extends BrokerAddress {
  readonly ssid: string;
  readonly password: string;
}

export class BoardStore {
  readonly #settings: SettingsPort;

  constructor(settings: SettingsPort) {
    this.#settings = settings;
  }

  access(): Access | undefined {
    const ssid = this.#text('ssid');
    const host = this.#text('host');
    const port = this.#number('port');
    if (!ssid || !host || !port) return undefined;
    return { ssid, password: (this.#text('pass1') ?? '') + (this.#text('pass2') ?? ''), host, port };
  }

  setAccess(access: Access): void {
    this.#set('ssid', access.ssid);
    this.#set('pass1', access.password.slice(0, HALF));
    this.#set('pass2', access.password.slice(HALF));
    this.#set('host', access.host);
    this.#set('port', access.port);
  }

  /** The board's own secret from its claim; undefined before. */
  secret(): string | undefined {
    const whole = (this.#text('secret1') ?? '') + (this.#text('secret2') ?? '');
    return whole === '' ? undefined : whole;
  }

  setSecret(secret: string): void {
    this.#set('secret2', secret.slice(HALF));
    this.#set('secret1', secret.slice(0, HALF));
  }

  /** Forgets how to reach the box and who the board is there; configuration and life counters stay. */
  forgetAccess(): void {
    for (const name of ['ssid', 'pass1', 'pass2', 'host', 'port', 'secret1', 'secret2'])
      this.#settings.remove(name);
  }

  /** The code on the label, drawn at the first start. */
  claimCode(draw: () => string): string {
    const kept = this.#text('claim');
    if (kept) return kept;
    const drawn = draw();
    this.#set('claim', drawn);
    return drawn;
  }

  config(board: string): ConfigMessage | null {
    const telemetryS = this.#number('telemetry');
    if (!telemetryS) return null;
    const channels: ChannelConfig[] = [];
    for (let n = 1; n <= MAX_CHANNELS; n += 1) {
      const channel = decodeChannel(n, this.#text(`channel${n}`));
      if (channel) channels.push(channel);
    }
    return { v: 1, board, channels, telemetryS };
  }

  setConfig(config: ConfigMessage): void {
    for (let n = 1; n <= MAX_CHANNELS; n += 1) {
      const channel = config.channels.find((c) => c.channel === n);
      if (channel) this.#set(`channel${n}`, encodeChannel(channel));
      else this.#settings.remove(`channel${n}`);
    }
    this.#set('telemetry', config.telemetryS);
  }

  switches(): number[] | null {
    const counts = [1, 2, 3, 4].map((n) => this.#number(`switches${n}`));
    return counts.every((c) => c === undefined) ? null : counts.map((c) => c ?? 0);
  }

  setSwitches(counts: readonly number[]): void {
    for (const [i, count] of counts.entries()) this.#set(`switches${i + 1}`, count);
  }

  #text(name: string): string | undefined {
    const value = this.#settings.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  #number(name: string): number | undefined {
    const value = this.#settings.get(name);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
  }

  /** Writes only what changed: every write wears the flash. */
  #set(name: string, value: string | number): void {
    if (typeof value === 'string' && value.length > MAX_TEXT)
      throw new RangeError(`${name} is too long to keep`);
    if (this.#settings.get(name) !== value) this.#settings.set(name, value);
  }
}

function encodeChannel(c: ChannelConfig): string {
  const numbers = [c.minOnS, c.minOffS, c.interlock, c.maxLeaseS, c.maxSwitchesPerHour, c.maxSwitchesPerDay];
  // Base 36 keeps even the largest whole numbers within one value.
  return [c.safeState, c.contact, ...numbers.map((n) => Math.min(n, LARGEST).toString(36))].join(',');
}

/** About 69 years in seconds: longer is no different. */
const LARGEST = 36 ** 6 - 1;

function decodeChannel(channel: number, kept: string | undefined): ChannelConfig | undefined {
  const [safeState, contact, ...digits] = (kept ?? '').split(',');
  const numbers = digits.map((d) => Number.parseInt(d, 36));
  const [minOnS, minOffS, interlock, maxLeaseS, maxSwitchesPerHour, maxSwitchesPerDay] = numbers;
  if ((safeState !== 'off' && safeState !== 'on') || (contact !== 'no' && contact !== 'nc')) return undefined;
  if (numbers.length !== 6 || numbers.some((n) => !(n >= 0))) return undefined;
  if (minOnS === undefined || minOffS === undefined || interlock === undefined) return undefined;
  if (maxLeaseS === undefined || maxSwitchesPerHour === undefined || maxSwitchesPerDay === undefined)
    return undefined;
  return {
    channel,
    safeState,
    contact,
    minOnS,
    minOffS,
    interlock,
    maxLeaseS,
    maxSwitchesPerHour,
    maxSwitchesPerDay,
  };
}
