/**
 * The wires between the relays of a board and the loads of the home, right or wrong: two loads swapped, a contact
 * that never closes, one that never opens again. What hangs on a relay is looked up at every movement, so that the
 * wiring can be changed while the home runs.
 */
import { type Home, isLoad, type ObjectOf } from '../home/schema.ts';

export interface WiredHome {
  readonly home: Home;
  setRelay(objectId: string, closed: boolean): void;
}

export class Wiring {
  readonly #running: WiredHome;
  readonly #board: string;
  readonly #coils = new Map<number, boolean>();

  constructor(running: WiredHome, board: string) {
    this.#running = running;
    this.#board = board;
  }

  /** A coil was energised or dropped. */
  coil(channel: number, on: boolean): void {
    this.#coils.set(channel, on);
    this.settle();
  }

  /** Puts every contact where coil and wiring have it now. */
  settle(): void {
    const { home } = this.#running;
    const board = home.objects.find(
      (o): o is ObjectOf<'board'> => o.kind === 'board' && o.id === this.#board,
    );
    if (!board) return;
    for (const load of home.objects.filter(isLoad)) {
      if (load.relay?.board !== this.#board) continue;
      this.#running.setRelay(load.id, this.#closed(board, relayOf(board, load.relay.channel)));
    }
  }

  /** The object whose power flows through a relay now. */
  loadOn(channel: number): string | undefined {
    const { home } = this.#running;
    const board = home.objects.find(
      (o): o is ObjectOf<'board'> => o.kind === 'board' && o.id === this.#board,
    );
    return home.objects
      .filter(isLoad)
      .find(({ relay }) => board && relay?.board === board.id && relayOf(board, relay.channel) === channel)
      ?.id;
  }

  #closed({ contacts }: ObjectOf<'board'>, channel: number): boolean {
    if (contacts.welded.includes(channel)) return true;
    return !contacts.stuck.includes(channel) && (this.#coils.get(channel) ?? false);
  }
}

/** On which relay the wire of a load really lies. */
function relayOf({ contacts }: ObjectOf<'board'>, channel: number): number {
  const pair = contacts.swapped.find((two) => two.includes(channel));
  return pair?.find((other) => other !== channel) ?? channel;
}
