/** Sends the attacks of `hostile-kinds.ts` from a thread of its own, so that who measures does not wait for who attacks. */
import { parentPort } from 'node:worker_threads';
import { type Attacker, HOSTILE_KINDS } from './hostile-kinds.ts';

export interface Attack {
  readonly kind: string;
  readonly requests: number;
  readonly from: Attacker;
}
/** Of each request, once all are answered; 0 where the connection broke off. */
export type Statuses = readonly number[];

/** A file is begun and not fetched, a stream opened and not read, until the next attack. */
let unread: readonly (Response | null)[] = [];

parentPort?.on('message', async ({ kind, requests, from }: Attack) => {
  for (const response of unread) void response?.body?.cancel().catch(() => undefined);
  const send = HOSTILE_KINDS.find((known) => known.kind === kind)?.send;
  if (!send) throw new Error(`no kind "${kind}"`);
  // What is answered while it is still being sent breaks off for its sender.
  unread = await Promise.all(Array.from({ length: requests }, () => send(from).catch(() => null)));
  parentPort?.postMessage(unread.map((response) => response?.status ?? 0) satisfies Statuses);
});
