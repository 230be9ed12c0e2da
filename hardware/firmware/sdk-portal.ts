/**
 * The captive portal's page over the SDK's web server, which calls one function with a number for what happened. The
 * numbers are handed in so that this file needs no SDK to be tested.
 */
import type { Access } from './board-store.ts';
import { MAX_FORM_BYTES } from './setup-page.ts';
import { answerTo, Pieces, type SetupContent } from './setup-server.ts';

/** What is used of `Server` in the SDK's `http`. */
export interface ServerMessages {
  readonly status: number;
  readonly header: number;
  readonly headersComplete: number;
  readonly requestComplete: number;
  readonly prepareResponse: number;
  readonly responseFragment: number;
  readonly responseComplete: number;
}

export interface PortalOptions {
  readonly messages: ServerMessages;
  readonly content: SetupContent;
  /** The page has been sent: the entries may be taken over, which closes the network it came by. */
  readonly onEntered: (access: Access) => void;
}

interface PortalRequest {
  path: string;
  method: string;
  body: string;
  tooLong: boolean;
  pieces: Pieces | undefined;
}

/** One request after the other: a phone asks for little, and the chip has memory for one answer. */
export function portalCallback({ messages, content, onEntered }: PortalOptions) {
  let request = requestFor('GET', '/');
  let entered: Access | undefined;
  const respond = () => {
    const { answer, access } = answerTo(content, request);
    request.pieces = new Pieces(answer.body);
    if (access) entered = access;
    const headers = ['Content-Type', 'text/html', 'Content-Length', `${answer.body.length}`];
    return { status: answer.status, headers, body: true as const };
  };
  return (message: number, first?: unknown, second?: unknown) => {
    switch (message) {
      case messages.status:
        request = requestFor(`${second}`, `${first}`);
        return undefined;
      case messages.header:
        if (first === 'content-length' && Number(second) > MAX_FORM_BYTES) request.tooLong = true;
        return undefined;
      case messages.headersComplete:
        // The kind of body wanted; false throws the body away.
        return request.tooLong ? false : String;
      case messages.requestComplete:
        request.body = `${first}`;
        return undefined;
      case messages.prepareResponse:
        return respond();
      case messages.responseFragment:
        return request.pieces?.next(Number(first));
      case messages.responseComplete:
        if (entered) onEntered(entered);
        entered = undefined;
        return undefined;
      default:
        return undefined;
    }
  };
}

function requestFor(method: string, path: string): PortalRequest {
  return { method, path, body: '', tooLong: false, pieces: undefined };
}
