/**
 * One simulated bought board: a little MQTT device with its own credential, its own power supply and link, and the
 * firmware it came with. It knows nothing of the box.
 */
import mqtt, { type MqttClient } from 'mqtt';
import { everyHomeMs } from '../../home/home-timer.ts';
import { esphomeFirmware } from './esphome.ts';
import type { Firmware, FirmwareFaults, FirmwareOf } from './firmware.ts';
import { Relays } from './relays.ts';
import { shellyFirmware } from './shelly.ts';
import { tasmotaFirmware } from './tasmota.ts';

export type BoughtKind = 'tasmota' | 'shelly' | 'esphome';

export interface BoughtBoardOptions {
  readonly kind: BoughtKind;
  /** Identity on the broker; begins with the kind. */
  readonly id: string;
  readonly secret: string;
  /** 12 lower-case hex digits. */
  readonly mac: string;
  readonly channels: number;
  readonly brokerUrl: string;
  /** The home's monotonic milliseconds. */
  readonly monoMs: () => number;
  /** Home milliseconds per real millisecond. */
  readonly speed: number;
  readonly onContact: (channel: number, on: boolean) => void;
  /** Watts behind a relay, for the kind that measures. */
  readonly powerW?: (channel: number) => number;
  readonly onProblem?: (message: string) => void;
}

const HEARTBEAT_MS = 15_000;
const TICK_MS = 250;
const SHORTEST_TIMER_MS = 20;
const KEEPALIVE_S = 15;

export class BoughtBoard {
  readonly id: string;
  readonly kind: BoughtKind;
  readonly faults: FirmwareFaults = { noLease: false, deaf: false };
  readonly #options: BoughtBoardOptions;
  readonly #relays: Relays;
  readonly #firmwareOf: FirmwareOf;
  #firmware: Firmware;
  #client: MqttClient | null = null;
  #startedMs = 0;
  #nextHeartbeatMs = 0;
  #stop: () => void = () => {};
  #powered = false;
  #linked = true;

  constructor(options: BoughtBoardOptions) {
    this.id = options.id;
    this.kind = options.kind;
    this.#options = options;
    this.#relays = new Relays(options.channels, (channel, on) => {
      options.onContact(channel, on);
      this.#firmware.moved(channel);
    });
    const flash = {};
    const kinds: Readonly<Record<BoughtKind, FirmwareOf>> = {
      tasmota: (hardware, faults) => tasmotaFirmware(hardware, faults, flash),
      shelly: shellyFirmware,
      esphome: esphomeFirmware,
    };
    this.#firmwareOf = kinds[options.kind];
    this.#firmware = this.#boot();
    this.setPower(true);
  }

  get powered(): boolean {
    return this.#powered;
  }

  get connected(): boolean {
    return this.#client?.connected ?? false;
  }

  get uptimeMs(): number {
    return this.#powered ? this.#options.monoMs() - this.#startedMs : 0;
  }

  get relays(): readonly { readonly channel: number; readonly on: boolean }[] {
    return this.#relays.channels.map((channel) => ({ channel, on: this.#relays.isOn(channel) }));
  }

  /** Its supply; without it every coil drops and nothing is said any more. */
  setPower(on: boolean): void {
    if (this.#powered === on) return;
    this.#powered = on;
    this.#stop();
    if (!on) {
      this.#disconnect();
      this.#relays.drop();
      return;
    }
    this.#firmware = this.#boot();
    this.#stop = everyHomeMs(
      { homeMs: TICK_MS, shortestMs: SHORTEST_TIMER_MS, speed: () => this.#options.speed },
      () => this.#tick(),
    );
    if (this.#linked) this.#connect();
  }

  /**
   * Its way to the broker (Wi-Fi, access point); relays and timers go on without it.
   * @param politely it takes its leave, so that the broker speaks no last will and what is retained stays
   */
  setLink(up: boolean, politely = false): void {
    if (this.#linked === up) return;
    this.#linked = up;
    if (!up) this.#disconnect(politely);
    else if (this.#powered) this.#connect();
  }

  button(channel: number): void {
    if (this.#powered) this.#firmware.button(channel);
  }

  async close(): Promise<void> {
    this.#stop();
    const client = this.#client;
    this.#client = null;
    await client?.endAsync(true);
  }

  #boot(): Firmware {
    const { id, mac, powerW, monoMs } = this.#options;
    this.#startedMs = monoMs();
    this.#nextHeartbeatMs = 0;
    return this.#firmwareOf(
      {
        id,
        mac,
        relays: this.#relays,
        powerW: powerW ?? null,
        uptimeMs: () => monoMs() - this.#startedMs,
        publish: (topic, payload, retain) => {
          if (this.#client?.connected) this.#client.publish(topic, payload, { qos: retain ? 1 : 0, retain });
        },
      },
      this.faults,
    );
  }

  #tick(): void {
    const nowMs = this.uptimeMs;
    this.#relays.tick(nowMs);
    if (nowMs < this.#nextHeartbeatMs || !this.connected) return;
    this.#nextHeartbeatMs = nowMs + HEARTBEAT_MS;
    this.#firmware.heartbeat();
  }

  #connect(): void {
    const { brokerUrl, id, secret, onProblem } = this.#options;
    const { will, subscriptions } = this.#firmware;
    const client = mqtt.connect(brokerUrl, {
      clientId: id,
      username: id,
      password: secret,
      protocolVersion: 4,
      clean: true,
      keepalive: KEEPALIVE_S,
      reconnectPeriod: 500,
      queueQoSZero: false,
      will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true },
    });
    this.#client = client;
    client.on('error', (error) => onProblem?.(`board ${id}: ${error.message}`));
    client.on('message', (topic, payload) => this.#firmware.hear(topic, payload.toString('utf8')));
    client.on('connect', () => {
      client.subscribe([...subscriptions], { qos: 1 }, (error) => {
        if (error) onProblem?.(`board ${id} may not subscribe: ${error.message}`);
        else if (this.#client === client) this.#firmware.connected();
      });
    });
  }

  /** Cut off, not said goodbye: the broker speaks the last will. */
  #disconnect(politely = false): void {
    const client = this.#client;
    this.#client = null;
    if (!client) return;
    if (politely) {
      client.end();
      return;
    }
    client.stream.destroy();
    client.end(true);
  }
}
