/**
 * The live values of a site as server-sent events: `connection`, `state`, `proposals`; a comment every 15 s keeps
 * proxies from closing it and finds out who is gone. A viewer that cannot keep up misses states; one that takes nothing
 * at all is let go, and begins anew with the newest of everything.
 */
import type { LiveEvent, LiveHub } from './hub.ts';

const COMMENT_EVERY_MS = 15_000;
/** Bytes that may wait for a slow viewer before states are left out. */
const MOST_WAITING_BYTES = 256 * 1024;
/** What is never left out may go beyond that by so much before the stream is ended. */
const MOST_BEYOND_BYTES = 256 * 1024;
/** A browser that lost the connection tries again after this. */
const RETRY_MS = 2000;

export interface LiveStreamOptions {
  readonly hub: LiveHub;
  readonly site: string;
  /** The list as this viewer sees it, as JSON. */
  readonly proposals: () => Promise<unknown>;
  /** Takes the stream's place among all; given what ends it. @returns what to call when it is over. */
  readonly admit: (end: (retryMs: number) => void) => () => void;
  /** Fires when the viewer hangs up. */
  readonly signal: AbortSignal;
}

/** @throws what `admit` throws. */
export function liveResponse(options: LiveStreamOptions): Response {
  return new Response(liveStream(options), {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    },
  });
}

function liveStream({ hub, site, proposals, admit, signal }: LiveStreamOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let end: (retryMs: number) => void = () => undefined;
  const leave = admit((retryMs) => end(retryMs));
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const room = () => controller.desiredSize ?? 0;
        const write = (text: string) => {
          if (room() > -MOST_BEYOND_BYTES) controller.enqueue(encoder.encode(text));
          else end(RETRY_MS);
        };
        const send = (name: string, data: unknown) =>
          write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
        let isOver = false;
        const sendProposals = () =>
          proposals().then(
            (list) => isOver || send('proposals', list),
            () => end(RETRY_MS),
          );
        const take = (event: LiveEvent) => {
          if (event.type === 'proposals') void sendProposals();
          else if (event.type === 'connection') send('connection', connectionOf(event));
          else if (room() > 0) send('state', event.state);
        };
        const stopViewing = hub.view(site, take);
        const ticker = setInterval(() => write(': alive\n\n'), COMMENT_EVERY_MS);
        ticker.unref();
        const close = (farewell: string) => {
          if (isOver) return;
          isOver = true;
          leave();
          stopViewing();
          clearInterval(ticker);
          try {
            if (farewell) controller.enqueue(encoder.encode(farewell));
            controller.close();
          } catch {
            // The viewer has closed it already.
          }
        };
        end = (retryMs) => close(`retry: ${retryMs}\n\n`);
        if (signal.aborted) return close('');
        signal.addEventListener('abort', () => close(''), { once: true });
        const { state, connection, lastContactMs } = hub.site(site);
        write(`retry: ${RETRY_MS}\n\n`);
        const lastContact = lastContactMs === null ? null : new Date(lastContactMs).toISOString();
        send('connection', { connection, lastContact });
        if (state) send('state', state);
        void sendProposals();
      },
      cancel() {
        end(RETRY_MS);
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING_BYTES }),
  );
}

function connectionOf({ connection, lastContact }: Extract<LiveEvent, { type: 'connection' }>) {
  return { connection, lastContact };
}
