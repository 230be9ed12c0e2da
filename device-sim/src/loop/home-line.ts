/**
 * The bus at home without a broker: the box's drivers on one side, board twins on the other, and between them a link
 * that may lose, delay and repeat what is said. A configuration is retained in a real home, so it always arrives.
 */

import type { Message } from '@wattward/broker/wire/message';
import type { Ids, TopicName } from '@wattward/broker/wire/topics';
import type { ForeignBus, Heard, HomeBus } from '@wattward/edge/drive/ports';

export interface LinkFault {
  /** What becomes of a message: delays in milliseconds, one per copy that arrives; none is a loss. */
  copies(way: 'to-board' | 'to-box'): readonly number[];
}

export const PERFECT_LINK: LinkFault = { copies: () => AT_ONCE };
const AT_ONCE = [0] as const;

/** A board as the line reaches it. */
export interface LineBoard {
  hear(name: TopicName, message: Message<TopicName>, nowMs: number): void;
}

interface Parcel {
  readonly atMs: number;
  readonly order: number;
  readonly deliver: (nowMs: number) => void;
}

export class HomeLine {
  readonly #link: LinkFault;
  readonly #nowMs: () => number;
  readonly #boards = new Map<string, LineBoard>();
  readonly #boxHears = new Map<string, ((heard: Heard<TopicName>) => void)[]>();
  #queue: Parcel[] = [];
  #order = 0;

  constructor(link: LinkFault, nowMs: () => number) {
    this.#link = link;
    this.#nowMs = nowMs;
  }

  plug(boardId: string, board: LineBoard): void {
    this.#boards.set(boardId, board);
  }

  /** The box's connection; one of before is gone with everything that listened there. */
  connectBox(): HomeBus & ForeignBus {
    this.#boxHears.clear();
    return {
      online: true,
      onLink: () => {},
      subscribeForeign: () => {},
      publishForeign: () => false,
      subscribe: (name, ids, hear) => {
        const key = keyOf(name, ids);
        const hears = this.#boxHears.get(key) ?? [];
        this.#boxHears.set(key, [...hears, hear as (heard: Heard<TopicName>) => void]);
      },
      publish: (name, ids, message) => {
        const board = this.#boards.get(ids.boardId ?? '');
        if (board) this.#toBoard(board, name, message);
        return TAKEN;
      },
    };
  }

  /** The box is gone: nobody listens any more. */
  disconnectBox(): void {
    this.#boxHears.clear();
  }

  /** A board speaks. */
  say<N extends TopicName>(name: N, boardId: string, message: Message<N>, nowMs: number): void {
    const heard = { ids: { boardId }, message, retained: false };
    for (const delayMs of this.#link.copies('to-box')) {
      this.#post(nowMs + delayMs, () => {
        for (const hear of this.#boxHears.get(keyOf(name, heard.ids)) ?? []) hear(heard);
      });
    }
  }

  /** Hands over everything that is due, also what is said in answer at once. */
  deliver(nowMs: number): void {
    for (let due = this.#due(nowMs); due.length > 0; due = this.#due(nowMs)) {
      for (const { deliver } of due) deliver(nowMs);
    }
  }

  #toBoard(board: LineBoard, name: TopicName, message: Message<TopicName>): void {
    const nowMs = this.#nowMs();
    const delays = name === 'boardCommand' ? this.#link.copies('to-board') : AT_ONCE;
    for (const delayMs of delays) this.#post(nowMs + delayMs, (atMs) => board.hear(name, message, atMs));
  }

  #post(atMs: number, deliver: Parcel['deliver']): void {
    this.#order += 1;
    this.#queue.push({ atMs, order: this.#order, deliver });
  }

  #due(nowMs: number): Parcel[] {
    if (this.#queue.length === 0) return this.#queue;
    const due = this.#queue.filter(({ atMs }) => atMs <= nowMs);
    if (due.length > 0) this.#queue = this.#queue.filter(({ atMs }) => atMs > nowMs);
    return due.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
  }
}

const TAKEN = Promise.resolve(true);

function keyOf(name: TopicName, ids: Ids): string {
  return `${name} ${ids.boardId ?? ''}`;
}
