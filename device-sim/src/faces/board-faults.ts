/** Brings the faults ordered for a board to it: supply, link, leave without a last will. Touches it on changes only. */
import type { BoardHandle } from './board-handle.ts';
import type { FaultSet } from './fault.ts';

export class BoardFaults {
  readonly #board: BoardHandle;
  readonly #faults: FaultSet;
  #powered = true;
  #linked = true;

  constructor(board: BoardHandle, faults: FaultSet) {
    this.#board = board;
    this.#faults = faults;
  }

  follow(): void {
    const powered = this.#faults.get('reboot') === undefined;
    const stale = this.#faults.get('stale-retained') !== undefined;
    const linked = !stale && this.#faults.get('no-answer') === undefined && !this.#faults.linkDown;
    if (linked !== this.#linked) {
      this.#linked = linked;
      this.#board.setLink(linked, stale);
    }
    if (powered !== this.#powered) {
      this.#powered = powered;
      this.#board.setPower(powered);
    }
  }
}
