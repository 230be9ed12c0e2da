/** Whoever sits in front of the wizard: somebody at a terminal, or a file of answers. */
import type { Assignment } from '../judge.ts';
import type { BoardCase } from '../stages.ts';
import type { FoundBoard } from './box-client.ts';

export interface PlannedLoad extends Assignment {
  /** 1 is the most important. */
  readonly priority: number;
}

export interface PlannedBoard {
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
  nextBoard(found: readonly FoundBoard[], known: readonly BoardCase[]): Promise<string | null>;
  /** The code on the label; null to leave this board for now. @param problem what was wrong with the last one */
  code(board: FoundBoard, problem: string): Promise<string | null>;
  /** Whether this is the board that blinks, or whose button was just pressed; or let it blink again. */
  confirms(board: FoundBoard): Promise<'yes' | 'no' | 'again'>;
  /** @param known every board the box knows, among them this one where it was begun before */
  plan(board: FoundBoard, known: readonly BoardCase[]): Promise<PlannedBoard>;
  /** After a failed test or proof: try once more? */
  again(what: string, why: string): Promise<boolean>;
  /** Something has to be done by hand now. */
  act(hand: Hand, board: string): Promise<void>;
}
