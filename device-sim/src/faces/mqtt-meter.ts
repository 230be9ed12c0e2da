/** A meter that tells the powers of single loads on the home bus. */
import { encodeMessage } from '@wattward/broker/wire/message';
import { topic } from '@wattward/broker/wire/topics';
import type { MqttClient } from 'mqtt';
import type { RunningHome } from '../home/running-home.ts';
import { connectAs } from './mqtt-client.ts';

export interface MqttMeterOptions {
  readonly id: string;
  /** Signal name to object id. */
  readonly signals: Readonly<Record<string, string>>;
  readonly periodMs: number;
  readonly speed: number;
  readonly home: RunningHome;
  readonly brokerUrl: string;
  readonly secretsDir: string;
  readonly onProblem: (message: string) => void;
}

const SHORTEST_PERIOD_MS = 100;

export class MqttMeter {
  readonly #client: MqttClient;
  readonly #timer: NodeJS.Timeout;
  #seq = 0;

  constructor(options: MqttMeterOptions) {
    this.#client = connectAs(options.brokerUrl, options.secretsDir, options.id);
    this.#client.on('error', (error) => options.onProblem(`meter ${options.id}: ${error.message}`));
    const periodMs = Math.max(SHORTEST_PERIOD_MS, options.periodMs / options.speed);
    this.#timer = setInterval(() => this.#publish(options), periodMs);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.endAsync(true);
  }

  #publish({ id, signals, home }: MqttMeterOptions): void {
    if (!this.#client.connected) return;
    this.#seq += 1;
    const powers = Object.entries(signals).map(([signal, object]) => [
      signal,
      round(home.loadPowerW(object)),
    ]);
    const message = { v: 1 as const, seq: this.#seq, signals: Object.fromEntries(powers) };
    this.#client.publish(topic('meterReading', { meterId: id }), encodeMessage('meterReading', message), {
      qos: 0,
    });
  }
}

/** Tenths of a watt: what such meters tell. */
function round(powerW: number): number {
  return Math.round(powerW * 10) / 10;
}
