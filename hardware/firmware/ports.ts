/**
 * All that the firmware asks of the platform. `main.ts` fills these from the Moddable SDK; tests fill them with
 * stubs. Nothing else in this folder but `main.ts` names a module of the SDK.
 */

export interface OutputPin {
  write(level: 0 | 1): void;
}

export interface InputPin {
  read(): 0 | 1;
}

export interface PinPort {
  openOutput(gpio: number): OutputPin;
  /** With its pull-up, where the chip has one. */
  openInput(gpio: number): InputPin;
}

/**
 * Values that outlive a power cut. On the ESP8266 one value holds at most 63 bytes, a name at most 31, everything
 * together 4 kB; a change costs a write to flash.
 */
export interface SettingsPort {
  get(name: string): string | number | undefined;
  set(name: string, value: string | number): void;
  remove(name: string): void;
}

export interface RadioPort {
  join(ssid: string, password: string): void;
  leave(): void;
}

export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

export interface Will {
  readonly topic: string;
  readonly message: string;
  readonly qos: 0 | 1;
  readonly retain: boolean;
}

export interface ConnectOptions extends BrokerAddress {
  readonly id: string;
  readonly user: string;
  readonly password: string;
  readonly keepAliveMs: number;
  readonly will: Will | null;
  /** CONNACK; 0 is accepted, 4 and 5 are a wrong or void secret. */
  onAccepted(returnCode: number): void;
  /** Part of a message; `topic` and `byteLength` come with the first part. */
  onPart(
    part: Uint8Array,
    head: { readonly topic?: string | undefined; readonly byteLength?: number | undefined },
  ): void;
  /** The socket takes this many more bytes. */
  onWritable(byteLength: number): void;
  onClosed(): void;
}

export interface Connection {
  subscribe(topics: readonly string[]): void;
  /** @returns bytes that the socket still takes; undefined: it did not fit, and nothing of it was sent. */
  publish(topic: string, payload: Uint8Array, options: { qos: 0 | 1; retain: boolean }): number | undefined;
  /** Not from within `onPart`: the SDK's client goes on with its socket after that call. */
  close(): void;
}

export interface MqttPort {
  connect(options: ConnectOptions): Connection;
}

export interface Health {
  readonly rssi: number;
  readonly heapBytes: number;
}

export interface PlatformPort {
  /** Milliseconds since the start; rises and never wraps. */
  nowMs(): number;
  /** 32 random bits. */
  random32(): number;
  health(): Health;
  /** Of the station, twelve hexadecimal digits with or without colons. Wakes the radio, which joins nothing yet. */
  mac(): string;
  restart(): void;
  /** Hexadecimal digits of SHA-256 of UTF-8 text. */
  sha256Hex(text: string): string;
  log(words: string): void;
}

/** UTF-8, without TextEncoder (which would cost flash). */
export interface TextPort {
  encode(text: string): Uint8Array;
  /** @throws when the bytes are no UTF-8. */
  decode(bytes: Uint8Array): string;
}
