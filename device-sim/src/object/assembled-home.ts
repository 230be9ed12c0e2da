/**
 * A home whose objects are processes: for each step it asks them all, settles what they offer, tells them what became
 * of it, and books every joule. An object that does not answer in time is out of the home until it answers again: it
 * draws and gives nothing. Nothing moves before everybody who takes part is known, so the books close in every step.
 */
import { EventEmitter, once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { encodeMessage, parseMessage } from '@wattward/broker/wire/message';
import { parseTopic, topic } from '@wattward/broker/wire/topics';
import type { MqttClient } from 'mqtt';
import { connectAs } from '../faces/mqtt-client.ts';
import type { RunningHome } from '../home/running-home.ts';
import type { BatteryStep } from '../physics/battery.ts';
import { type Answers, answeredOffers, answeredStep, withBatteries } from './answers.ts';
import { loneObjects } from './lone-object.ts';

export interface AssembledHomeOptions {
  readonly running: RunningHome;
  readonly siteId: string;
  readonly brokerUrl: string;
  readonly secretsDir: string;
  /** Identity of role `sim`. */
  readonly identity: string;
  readonly onProblem: (message: string) => void;
}

/** Real time. The first step waits longer, for processes to come up; then those that are missing are out. */
const FIRST_WAIT_MS = 60_000;
const WAIT_MS = 2_000;
/** An offer is asked for again meanwhile: asking twice moves nothing. */
const ASK_AGAIN_MS = 250;
const LONGEST_STEP_S = 1;

export class AssembledHome {
  readonly #options: AssembledHomeOptions;
  readonly #client: MqttClient;
  readonly #heard = new EventEmitter();
  readonly #ids: ReadonlySet<string>;
  #present: Set<string>;
  /** Objects that were out and answered an earlier tick: they are waited for at the next. */
  readonly #knocking = new Set<string>();
  #first = true;
  #n = 0;
  #phase: 'offer' | 'settle' = 'offer';
  #answers: Answers = new Map();
  #stepping: Promise<void> | null = null;

  /** @throws CredentialError */
  constructor(options: AssembledHomeOptions) {
    this.#options = options;
    const { running, brokerUrl, secretsDir, identity, siteId, onProblem } = options;
    this.#ids = new Set(loneObjects(running.home).map(({ id }) => id));
    this.#present = new Set(this.#ids);
    this.#client = connectAs(brokerUrl, secretsDir, identity);
    this.#client.on('error', (error) => onProblem(`${identity}: ${error.message}`));
    this.#client.on('connect', () => this.#client.subscribe(topic('simAnswer', { siteId }), { qos: 1 }));
    this.#client.on('message', (path, payload) => this.#hear(path, payload.toString('utf8')));
  }

  /** Objects that took part in the last step. */
  get present(): ReadonlySet<string> {
    return this.#present;
  }

  async close(): Promise<void> {
    await this.#stepping?.catch(() => {});
    await this.#client.endAsync(true);
  }

  /** Brings the home to `siteMs`, at most `maxSteps` further; called again meanwhile it does nothing. */
  advanceTo(siteMs: number, maxSteps: number): Promise<void> {
    this.#stepping ??= this.#advance(siteMs, maxSteps).finally(() => {
      this.#stepping = null;
    });
    return this.#stepping;
  }

  async #advance(siteMs: number, maxSteps: number): Promise<void> {
    const { running } = this.#options;
    for (let n = 0; n < maxSteps; n += 1) {
      const leftS = (siteMs - running.state.nowMs) / 1000;
      if (leftS <= 0) return;
      await this.step(Math.min(LONGEST_STEP_S, leftS));
    }
  }

  /** One step of `dtS`. */
  async step(dtS: number): Promise<void> {
    const { running } = this.#options;
    const { model } = running;
    const input = running.begin(dtS);
    this.#n += 1;
    const open = model.loads.filter(({ id }) => !running.isClosed(id)).map(({ id }) => id);
    const { nowMs } = running.state;
    const { gridOn } = input;
    const expected = new Set([...this.#present, ...this.#knocking]);
    this.#knocking.clear();
    await this.#ask({ v: 1, n: this.#n, phase: 'offer', nowMs, dtS, gridOn, open }, expected);
    const answers = this.#answers;
    this.#first = false;
    this.#present = new Set(answers.keys());
    const state = withBatteries(running, answers);
    const withOffers = { ...input, offers: answeredOffers(running, answers) };
    const done = model.settle(state, withOffers);
    const batteries = model.plans.flatMap(({ battery }, i) =>
      battery && answers.has(battery.id) ? [[battery.id, done.fed[i]?.batteryDcPowerW ?? 0] as const] : [],
    );
    await this.#ask(
      {
        ...{ v: 1, n: this.#n, phase: 'settle', supplied: done.supplied },
        of: [...this.#present],
        batteryW: Object.fromEntries(batteries),
      },
      new Set(batteries.map(([id]) => id)),
    );
    // A battery that fell silent in between is booked as it was ordered, by its own physics.
    const cells = new Map<string, BatteryStep>();
    for (const [id, data] of this.#answers) {
      const step = answeredStep(data);
      if (step) cells.set(id, step);
    }
    running.adopt(model.close(state, withOffers, { done, cells }));
  }

  /** Tells the tick and waits for those who are expected, as long as it is worth it. */
  async #ask(
    tick: Parameters<typeof encodeMessage<'simTick'>>[1],
    expected: ReadonlySet<string>,
  ): Promise<void> {
    this.#phase = tick.phase;
    this.#answers = new Map();
    const path = topic('simTick', { siteId: this.#options.siteId });
    const payload = encodeMessage('simTick', tick);
    const untilMs = performance.now() + (this.#first ? FIRST_WAIT_MS : WAIT_MS);
    const missing = () => [...expected].some((id) => !this.#answers.has(id));
    const say = () => this.#client.publish(path, payload, { qos: 1 });
    say();
    // Also when nobody is waited for: answers must find their way in.
    await setImmediate();
    while (missing() && performance.now() < untilMs) {
      const signal = AbortSignal.timeout(ASK_AGAIN_MS);
      await once(this.#heard, 'answer', { signal }).catch(() => {
        if (tick.phase === 'offer') say();
      });
    }
  }

  #hear(path: string, payload: string): void {
    const id = parseTopic(path)?.ids.verb;
    const parsed = parseMessage('simAnswer', payload);
    if (id === undefined || !this.#ids.has(id) || !parsed.ok) return;
    const { n, phase, data } = parsed.message;
    if (n !== this.#n || phase !== this.#phase) {
      if (phase === 'offer' && !this.#present.has(id)) this.#knocking.add(id);
      return;
    }
    this.#answers.set(id, data);
    this.#heard.emit('answer');
  }
}
