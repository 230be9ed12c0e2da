/** Carries what waits in the outbox to the history, for as long as the box runs. Decisions are the courier's. */

import { Courier, MAX_LINES, type Trouble } from '../outbox/courier.ts';
import type { Lane } from '../outbox/lanes.ts';
import type { Store } from '../store/store.ts';
import { type InfluxTarget, openInfluxPost, type PostLimits } from './influx-post.ts';

const STOP_GRACE_MS = 1000;

export interface DeliveryOptions {
  readonly store: Pick<Store, 'nextBatch' | 'settleBatch' | 'onCommit' | 'stats'>;
  readonly target: InfluxTarget;
  readonly limits?: PostLimits;
  /** What stands in the way has changed: null, nothing does any more. */
  readonly onTrouble?: (trouble: Trouble | null) => void;
  readonly onRequest?: (request: DeliveryRequest) => void;
  readonly random?: () => number;
}

export interface DeliveryRequest {
  readonly lane: Lane;
  readonly lines: number;
  readonly status: number | null;
  readonly tookMs: number;
}

export interface Delivery {
  readonly trouble: () => Trouble | null;
  /** Ends after the request under way, or cuts it off after a second. */
  stop(): Promise<void>;
}

export function startDelivery(options: DeliveryOptions): Delivery {
  const { store } = options;
  const post = openInfluxPost(options.target, options.limits);
  let courier = new Courier({ random: options.random ?? Math.random });
  let isStopped = false;
  let stopWaiting: () => void = () => {};
  let reported: string | null = null;

  const unsubscribe = store.onCommit(() => {
    courier.wake();
    stopWaiting();
  });

  const report = () => {
    const { trouble } = courier;
    const key = trouble && `${trouble.kind} ${trouble.status}`;
    if (key === reported) return;
    reported = key;
    options.onTrouble?.(trouble);
  };

  const send = async (lines: readonly string[], lane: Lane) => {
    const startedMs = performance.now();
    const answer = await post.send(lines);
    const nowMs = performance.now();
    const status = answer.kind === 'status' ? answer.status : null;
    options.onRequest?.({ lane, lines: lines.length, status, tookMs: nowMs - startedMs });
    courier.answered(answer, nowMs, nowMs - startedMs);
    report();
  };

  const wait = (untilMs: number | null) =>
    new Promise<void>((resolve) => {
      const timer = untilMs === null ? null : setTimeout(resolve, Math.max(1, untilMs - performance.now()));
      stopWaiting = () => {
        if (timer) clearTimeout(timer);
        resolve();
      };
    });

  const run = async () => {
    // The store answers the first question when the outbox is open: only then its size is known.
    await store.nextBatch({ maxLines: 1, lanes: [], skip: [] });
    const staggerStart = store.stats().pendingPoints > MAX_LINES;
    courier = new Courier({ random: options.random ?? Math.random, staggerStart });
    while (!isStopped) {
      const step = courier.next(performance.now());
      if (step.do === 'fetch') courier.fetched(await store.nextBatch(step.wish));
      else if (step.do === 'settle') await store.settleBatch(step.id, step.outcome);
      else if (step.do === 'send') await send(step.lines, step.lane);
      else if (!isStopped) await wait(step.untilMs);
    }
  };

  const done = run().finally(() => {
    unsubscribe();
    post.close();
  });
  const stop = async () => {
    isStopped = true;
    stopWaiting();
    // A request under way gets a moment; cut off, it stays in the outbox and is sent again.
    const cut = setTimeout(() => post.close(), STOP_GRACE_MS);
    await done;
    clearTimeout(cut);
  };
  return {
    trouble: () => courier.trouble,
    stop,
  };
}
