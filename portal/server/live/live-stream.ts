/**
 * The live values of a site as server-sent events: `connection`, `state`, `proposals`; a comment every 15 s keeps
 * proxies from closing it and finds out who is gone. A viewer that cannot keep up misses states, never the rest.
 */
import type { LiveEvent, LiveHub } from './hub.ts';

const COMMENT_EVERY_MS = 15_000;
/** Bytes that may wait for a slow viewer before states are left out. */
const MOST_WAITING_BYTES = 256 * 1024;

export interface LiveStreamOptions {
  readonly hub: LiveHub;
  readonly site: string;
  /** The list as this viewer sees it, as JSON. */
  readonly proposals: () => Promise<unknown>;
  /** May the viewer still see it? Asked with every comment. */
  readonly allowed: () => Promise<boolean>;
  /** Fires when the viewer hangs up. */
  readonly signal: AbortSignal;
}

export function liveResponse(options: LiveStreamOptions): Response {
  return new Response(liveStream(options), {
    headers: {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    },
  });
}

function liveStream({
  hub,
  site,
  proposals,
  allowed,
  signal,
}: LiveStreamOptions): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let end: () => void = () => undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (text: string) => controller.enqueue(encoder.encode(text));
        const send = (name: string, data: unknown) =>
          write(`event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
        const sendProposals = () =>
          proposals().then(
            (list) => send('proposals', list),
            () => end(),
          );
        const take = (event: LiveEvent) => {
          if (event.type === 'proposals') void sendProposals();
          else if (event.type === 'connection') send('connection', connectionOf(event));
          else if ((controller.desiredSize ?? 0) > 0) send('state', event.state);
        };
        const stopViewing = hub.view(site, take);
        const ticker = setInterval(() => {
          write(': alive\n\n');
          allowed().then(
            (still) => still || end(),
            () => end(),
          );
        }, COMMENT_EVERY_MS);
        ticker.unref();
        signal.addEventListener('abort', () => end(), { once: true });
        end = () => {
          end = () => undefined;
          stopViewing();
          clearInterval(ticker);
          try {
            controller.close();
          } catch {
            // The viewer has closed it already.
          }
        };
        const { state, connection, lastContactMs } = hub.site(site);
        write('retry: 2000\n\n');
        const lastContact = lastContactMs === null ? null : new Date(lastContactMs).toISOString();
        send('connection', { connection, lastContact });
        if (state) send('state', state);
        void sendProposals();
      },
      cancel() {
        end();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: MOST_WAITING_BYTES }),
  );
}

function connectionOf({ connection, lastContact }: Extract<LiveEvent, { type: 'connection' }>) {
  return { connection, lastContact };
}
