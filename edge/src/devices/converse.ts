/** Carries a conversation out over a Modbus connection. */
import type { Conversation, ModbusQuestion } from '../registers/conversation.ts';
import type { ModbusBus } from './modbus-bus.ts';

/** @throws DeviceFailure, or whatever else the conversation does not catch */
export async function converse<T>(bus: ModbusBus, unit: number, conversation: Conversation<T>): Promise<T> {
  let step = conversation.next();
  while (!step.done) {
    const answer = await answerOf(bus, unit, step.value);
    step = answer.ok ? conversation.next(answer.words) : conversation.throw(answer.cause);
  }
  return step.value;
}

type Answer =
  | { readonly ok: true; readonly words: readonly number[] }
  | { readonly ok: false; readonly cause: unknown };

async function answerOf(bus: ModbusBus, unit: number, question: ModbusQuestion): Promise<Answer> {
  try {
    if (question.ask === 'read') return { ok: true, words: await bus.read({ unit, ...question }) };
    await bus.write({ unit, ...question });
    return { ok: true, words: [] };
  } catch (cause) {
    return { ok: false, cause };
  }
}
