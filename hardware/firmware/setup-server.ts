/**
 * Answers of the captive portal's server: any page leads to the form, the form saves. The page goes out in pieces as
 * large as the socket takes; the SDK's server cuts off a body that does not fit at once.
 */

import type { Access } from './board-store.ts';
import { checkForm, readForm, savedPage, setupPage } from './setup-page.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface SetupContent {
  readonly board: string;
  readonly claim: string;
}

/** @returns what to send, and the entries to take over once it has been sent. */
export function answerTo(
  content: SetupContent,
  request: { readonly method: string; readonly path: string; readonly body: string },
): { readonly answer: Answer; readonly access?: Access } {
  if (request.method !== 'POST' || request.path !== '/save')
    return { answer: { status: 200, body: setupPage(content) } };
  const entered = checkForm(readForm(request.body));
  if (entered.ok) return { answer: { status: 200, body: savedPage(content.claim) }, access: entered.access };
  const { mistakes, values } = entered;
  return { answer: { status: 422, body: setupPage({ ...content, mistakes, values }) } };
}

/** The pieces of a page, each as long as there is room for. */
export class Pieces {
  readonly #body: string;
  #at = 0;

  constructor(body: string) {
    this.#body = body;
  }

  /** The next piece of at most `roomBytes`; undefined when everything has been handed out. */
  next(roomBytes: number): string | undefined {
    if (this.#at >= this.#body.length) return undefined;
    const piece = this.#body.slice(this.#at, this.#at + Math.max(1, roomBytes));
    this.#at += piece.length;
    return piece;
  }
}
