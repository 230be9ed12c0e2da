/**
 * Talking to a Modbus device without any I/O. A conversation asks one question after the other and is told each answer
 * by whoever carries it out: the box over a socket or a serial line, a home that is not there over its registers. A
 * question that failed is thrown into it as a `DeviceFailure`.
 */
import { decode, numbersOf, type RegisterReader, type Values } from './codec.ts';
import { planBlocks, type RegisterBlock, type RegisterTable } from './table.ts';

export type ModbusQuestion =
  | {
      readonly ask: 'read';
      readonly space: 'input' | 'holding';
      readonly address: number;
      readonly count: number;
    }
  /** Holding registers, in one request. */
  | { readonly ask: 'write'; readonly address: number; readonly words: readonly number[] };

/** Told the registers that were read; nothing after a write. */
export type Conversation<T> = Generator<ModbusQuestion, T, readonly number[]>;

/** What a device tells by the names of its points; null is its own "not available". */
export type SignalValues = Readonly<Record<string, number | null>>;

/** Whole blocks, one question each. @throws DeviceFailure */
export function* readBlocks(
  space: 'input' | 'holding',
  blocks: readonly RegisterBlock[],
): Conversation<RegisterReader> {
  const parts: { readonly address: number; readonly words: readonly number[] }[] = [];
  for (const { address, count } of blocks) {
    parts.push({ address, words: yield { ask: 'read', space, address, count } });
  }
  return {
    get(at) {
      for (const { address, words } of parts) {
        const word = words[at - address];
        if (word !== undefined) return word;
      }
      return undefined;
    },
  };
}

/** All points of a table in as few questions as may be. @throws DeviceFailure */
export function* readTable<T extends RegisterTable>(table: T): Conversation<Values<T>> {
  return decode(table, yield* readBlocks(table.space, blocksOf(table)));
}

/** The numbers of a table, as signals. @throws DeviceFailure */
export function* readNumbers(table: RegisterTable): Conversation<SignalValues> {
  return numbersOf(yield* readTable(table));
}

const BLOCKS = new WeakMap<RegisterTable, readonly RegisterBlock[]>();

/** Planned once for each table. */
function blocksOf(table: RegisterTable): readonly RegisterBlock[] {
  let blocks = BLOCKS.get(table);
  if (!blocks) {
    blocks = planBlocks(table);
    BLOCKS.set(table, blocks);
  }
  return blocks;
}

/** Carries a conversation out where answers cost no time. @param answer throws what keeps the device from answering */
export function carryOut<T>(
  conversation: Conversation<T>,
  answer: (question: ModbusQuestion) => readonly number[],
): T {
  let step = conversation.next();
  while (!step.done) {
    let words: readonly number[];
    try {
      words = answer(step.value);
    } catch (cause) {
      step = conversation.throw(cause);
      continue;
    }
    step = conversation.next(words);
  }
  return step.value;
}
