/**
 * Carries what waits in the outbox to the history, for as long as the box runs: asks the courier for the next step and
 * does it, one after the other. Disk, server and clock are ports; the same lines run in the box and in virtual time.
 */
import type { Lane, Picked, Wish } from '../outbox/lanes.ts';
import type { Outcome } from '../outbox/outbox.ts';
import type { Answer } from './answers.ts';
import { Courier, MAX_LINES, type Trouble } from './courier.ts';

export interface CarrierPorts {
  readonly outbox: {
    nextBatch(wish: Wish): Promise<Picked | null>;
    settleBatch(id: string, outcome: Outcome): Promise<void>;
    /** Known when the first batch was asked for. */
    pendingPoints(): number;
  };
  /** Sends lines. Never rejects. */
  readonly post: (lines: readonly string[]) => Promise<Answer>;
  readonly clock: DeliveryClock;
  /** In [0, 1). */
  readonly random: () => number;
  /** What stands in the way has changed: null, nothing does any more. */
  readonly onTrouble?: (trouble: Trouble | null) => void;
  readonly onRequest?: (request: DeliveryRequest) => void;
}

export interface DeliveryClock {
  /** Never jumps. */
  monoMs(): number;
  /** Calls `ring` once, at `atMs` or soon after it. @returns what takes it back. */
  alarm(atMs: number, ring: () => void): () => void;
}

export interface DeliveryRequest {
  readonly lane: Lane;
  readonly lines: number;
  readonly status: number | null;
  readonly tookMs: number;
}

export class Carrier {
  readonly #ports: CarrierPorts;
  #courier: Courier;
  #isStopped = false;
  #goOn: () => void = () => {};
  #reported: string | null = null;

  constructor(ports: CarrierPorts) {
    this.#ports = ports;
    this.#courier = new Courier({ random: ports.random });
  }

  /** Why nothing gets through at present. */
  get trouble(): Trouble | null {
    return this.#courier.trouble;
  }

  /** Something new was committed. */
  wake(): void {
    this.#courier.wake();
    this.#goOn();
  }

  /** Ends `run` after the step under way. */
  stop(): void {
    this.#isStopped = true;
    this.#goOn();
  }

  /** Settles when it was stopped; rejects with what the outbox throws. */
  async run(): Promise<void> {
    const { outbox, random, clock } = this.#ports;
    // The outbox answers the first question when it is open: only then its size is known.
    await outbox.nextBatch({ maxLines: 1, lanes: [], skip: [] });
    this.#courier = new Courier({ random, staggerStart: outbox.pendingPoints() > MAX_LINES });
    while (!this.#isStopped) {
      const step = this.#courier.next(clock.monoMs());
      if (step.do === 'fetch') this.#courier.fetched(await outbox.nextBatch(step.wish));
      else if (step.do === 'settle') await outbox.settleBatch(step.id, step.outcome);
      else if (step.do === 'send') await this.#send(step.lines, step.lane);
      else await this.#wait(step.untilMs);
    }
  }

  async #send(lines: readonly string[], lane: Lane): Promise<void> {
    const { post, clock, onRequest } = this.#ports;
    const startedMs = clock.monoMs();
    const answer = await post(lines);
    const nowMs = clock.monoMs();
    const tookMs = nowMs - startedMs;
    onRequest?.({
      ...{ lane, lines: lines.length, tookMs },
      status: answer.kind === 'status' ? answer.status : null,
    });
    this.#courier.answered(answer, nowMs, tookMs);
    this.#report();
  }

  #wait(untilMs: number | null): Promise<void> {
    return new Promise((resolve) => {
      const takeBack = untilMs === null ? () => {} : this.#ports.clock.alarm(untilMs, resolve);
      this.#goOn = () => {
        takeBack();
        resolve();
      };
    });
  }

  #report(): void {
    const { trouble } = this.#courier;
    const key = trouble && `${trouble.kind} ${trouble.status}`;
    if (key === this.#reported) return;
    this.#reported = key;
    this.#ports.onTrouble?.(trouble);
  }
}
