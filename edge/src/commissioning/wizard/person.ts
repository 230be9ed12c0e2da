/** Whoever sits in front of the wizard: somebody at a terminal, or a file of answers. */
import type { Assignment } from '../judge.ts';
import type { FoundBoard } from './box-client.ts';

export interface PlannedLoad extends Assignment {
  /** 1 is the most important. */
  readonly priority: number;
}

export interface PlannedBoard {
  /** Identity on the broker, as the box lists it. */
  readonly device: string;
  /** From the label; only for a board that was not claimed yet. */
  readonly code?: string | undefined;
  readonly name: string;
  readonly room: string;
  readonly loads: readonly PlannedLoad[];
  /** Takes the place of this board (its logical id). */
  readonly replaces?: string | undefined;
}

export type Hand = 'cut-link' | 'restore-link' | 'cut-power' | 'restore-power';

export interface Person {
  say(line: string): void;
  by(): Promise<string>;
  expectedBoards(): Promise<number>;
  /** Which of the boards found to take up next; null when there is no more. */
  nextBoard(found: readonly FoundBoard[]): Promise<string | null>;
  /** The code on the label. */
  code(board: FoundBoard): Promise<string>;
  /** Whether this is the board that blinks, or whose button was just pressed. */
  confirms(board: FoundBoard): Promise<boolean>;
  plan(board: FoundBoard): Promise<PlannedBoard>;
  /** After a failed test or proof: try once more? */
  again(what: string, why: string): Promise<boolean>;
  /** Something has to be done by hand now. */
  act(hand: Hand, board: string): Promise<void>;
}
