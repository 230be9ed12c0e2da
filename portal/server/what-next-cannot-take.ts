/**
 * Two things that Next answers with 500 before any code of ours is asked; both are made into something that is refused
 * like any other mistake.
 *
 * TRACE (RFC 9110, 9.3.8) would echo a request, cookies and all. `Request`, which Next makes of everything, throws on
 * it; as PATCH, which no route of ours has, it gets 405. A percent sign that begins no byte of UTF-8 (RFC 3986, 2.1)
 * breaks Next's router; taken for the sign itself it names nothing, and gets 404.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';

export function mendRequests(): void {
  subscribe('http.server.request.start', (message) => {
    const { request } = message as { readonly request: IncomingMessage };
    if (request.method === 'TRACE') request.method = 'PATCH';
    if (request.url !== undefined) request.url = decodable(request.url);
  });
}

function decodable(url: string): string {
  const [path = '', ...query] = url.split('?');
  try {
    decodeURIComponent(path);
    return url;
  } catch {
    return [path.replaceAll('%', '%25'), ...query].join('?');
  }
}
