/** The carrier over the store, an InfluxDB and the clock of this machine. */
import { Carrier, type DeliveryClock, type DeliveryRequest } from '../delivery/carrier.ts';
import type { Trouble } from '../delivery/courier.ts';
import type { Store } from '../record/store.ts';
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

export interface Delivery {
  readonly trouble: () => Trouble | null;
  /** Ends after the request under way, or cuts it off after a second. */
  stop(): Promise<void>;
}

export function startDelivery({ store, target, limits, ...options }: DeliveryOptions): Delivery {
  const post = openInfluxPost(target, limits);
  const carrier = new Carrier({
    outbox: {
      nextBatch: (wish) => store.nextBatch(wish),
      settleBatch: (id, outcome) => store.settleBatch(id, outcome),
      pendingPoints: () => store.stats().pendingPoints,
    },
    post: (lines) => post.send(lines),
    clock: CLOCK,
    random: Math.random,
    ...options,
  });
  const unsubscribe = store.onCommit(() => carrier.wake());
  const done = carrier.run().finally(() => {
    unsubscribe();
    post.close();
  });
  const stop = async () => {
    carrier.stop();
    // A request under way gets a moment; cut off, it stays in the outbox and is sent again.
    const cut = setTimeout(() => post.close(), STOP_GRACE_MS);
    await done;
    clearTimeout(cut);
  };
  return { trouble: () => carrier.trouble, stop };
}

const CLOCK: DeliveryClock = {
  monoMs: () => performance.now(),
  alarm: (atMs, ring) => {
    const timer = setTimeout(ring, Math.max(1, atMs - performance.now()));
    return () => clearTimeout(timer);
  },
};
