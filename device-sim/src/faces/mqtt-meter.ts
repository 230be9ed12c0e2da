/** A meter that tells the powers of single loads on the home bus, in one of the formats that meters speak. */
import type { MqttClient } from 'mqtt';
import { everyHomeMs } from '../home/home-timer.ts';
import { Late } from '../home/meter-view.ts';
import type { RunningHome } from '../home/running-home.ts';
import { seedOf, wander } from '../physics/chance.ts';
import type { FaultSet } from './fault.ts';
import { FORMATS, type MeterFormat } from './meter-formats.ts';
import { connectAs } from './mqtt-client.ts';

export interface MqttMeterOptions {
  readonly id: string;
  /** Signal name to object id. */
  readonly signals: Readonly<Record<string, string>>;
  readonly format: MeterFormat;
  readonly periodMs: number;
  readonly errorPct: number;
  readonly noiseW: number;
  readonly latencyMs: number;
  readonly speed: number;
  readonly home: RunningHome;
  readonly faults: FaultSet;
  readonly brokerUrl: string;
  readonly secretsDir: string;
  readonly onProblem: (message: string) => void;
}

/** How fast the noise of a reading changes. */
const NOISE_MS = 1_500;
const SHORTEST_PERIOD_MS = 100;
const CHECK_MS = 200;

type Signals = Readonly<Record<string, number | null>>;

export class MqttMeter {
  readonly #options: MqttMeterOptions;
  readonly #stop: () => void;
  readonly #watch: NodeJS.Timeout;
  #client: MqttClient | null = null;
  #seq = 0;
  readonly #late = new Late<Signals>();
  #frozen: { readonly sinceMonoMs: number; readonly signals: Signals } | null = null;

  /** @throws CredentialError */
  constructor(options: MqttMeterOptions) {
    this.#options = options;
    this.#connect();
    this.#stop = everyHomeMs(
      { homeMs: options.periodMs, shortestMs: SHORTEST_PERIOD_MS, speed: () => options.speed },
      () => this.#publish(),
    );
    this.#watch = setInterval(() => this.#followLink(), CHECK_MS);
  }

  async close(): Promise<void> {
    this.#stop();
    clearInterval(this.#watch);
    await this.#client?.endAsync(true);
  }

  #connect(): void {
    const { brokerUrl, secretsDir, id, onProblem } = this.#options;
    this.#client = connectAs(brokerUrl, secretsDir, id);
    this.#client.on('error', (error) => onProblem(`meter ${id}: ${error.message}`));
  }

  /** One that was away counts its readings from the start. */
  #followLink(): void {
    const { faults } = this.#options;
    const away = faults.linkDown || faults.get('stale-retained') !== undefined;
    if (away && this.#client) {
      this.#client.end(true);
      this.#client = null;
      this.#seq = 0;
    } else if (!away && !this.#client) this.#connect();
  }

  #publish(): void {
    const { faults } = this.#options;
    if (!this.#client?.connected || faults.get('no-answer')) return;
    const signals = this.#told();
    const slow = faults.get('slow');
    if (slow) setTimeout(() => this.#say(signals), slow.delayMs);
    else this.#say(signals);
  }

  #say(signals: Signals): void {
    const client = this.#client;
    if (!client?.connected) return;
    this.#seq += 1;
    const { id, format, home } = this.#options;
    const atMs = home.state.nowMs;
    for (const { topic, payload, retain } of FORMATS[format].messages({
      id,
      seq: this.#seq,
      atMs,
      signals,
    })) {
      client.publish(topic, payload, { qos: 0, retain: retain ?? false });
    }
  }

  #told(): Signals {
    const { signals, home, faults, latencyMs } = this.#options;
    const missing = faults.get('not-a-number') !== undefined;
    const factor = (faults.get('spike')?.factor ?? 1) * (faults.get('reversed-sign') ? -1 : 1);
    const { nowMs } = home.state;
    const seen = Object.fromEntries(
      Object.entries(signals).map(([signal, object]) => [
        signal,
        missing ? null : tenths(this.#seenW(object) * factor),
      ]),
    );
    const now = latencyMs > 0 ? this.#late.told(seen, nowMs, latencyMs) : seen;
    const freeze = faults.get('frozen');
    if (!freeze) this.#frozen = null;
    else if (this.#frozen?.sinceMonoMs !== freeze.sinceMonoMs)
      this.#frozen = { sinceMonoMs: freeze.sinceMonoMs, signals: now };
    return this.#frozen?.signals ?? now;
  }

  /** With its error and its noise; a load that draws nothing shows nothing. */
  #seenW(object: string): number {
    const { home, errorPct, noiseW } = this.#options;
    const powerW = home.loadPowerW(object);
    if (powerW === 0 || (errorPct === 0 && noiseW === 0)) return powerW;
    const noise = noiseW * wander(seedOf(home.home.seed, object), home.state.nowMs, NOISE_MS);
    return powerW * (1 + errorPct / 100) + noise;
  }
}

/** Tenths of a watt: what such meters tell. */
function tenths(powerW: number): number {
  return Math.round(powerW * 10) / 10;
}
