/** A file of answers: the whole house planned beforehand, so that the wizard runs without a question. */

import { parse } from 'yaml';
import * as z from 'zod';
import { assignment } from '../questions.ts';
import { type FoundBoard, WizardProblem } from './box-client.ts';
import type { Hand, Person } from './person.ts';

const plannedLoad = assignment.extend({ priority: z.number().int().min(1).max(99) });

export const answersFile = z.strictObject({
  by: z.string().min(1).max(60),
  /** Tries after a failed test or proof. */
  repeats: z.number().int().min(0).max(5).default(0),
  /** Address of a simulator that plays the boards: it cuts links and supplies where a person would. */
  simulator: z.url().optional(),
  boards: z
    .array(
      z.strictObject({
        device: z.string(),
        code: z.string().optional(),
        name: z.string().min(1).max(60),
        room: z.string().max(60).default(''),
        replaces: z.string().optional(),
        loads: z.array(plannedLoad).min(1).max(16),
      }),
    )
    .min(1),
});
export type Answers = z.infer<typeof answersFile>;

/** @throws WizardProblem with every mistake of the file. */
export function readAnswers(text: string, file: string): Answers {
  const parsed = answersFile.safeParse(parse(text));
  if (parsed.success) return parsed.data;
  throw new WizardProblem('bad-answers', `${file}: ${z.prettifyError(parsed.error)}`, 'Correct the file.');
}

export type Hands = (hand: Hand, board: string) => Promise<void>;

/** A person made of a file. @param hands does what needs hands; by default the simulator named in the file */
export function personOf(answers: Answers, say: (line: string) => void, hands?: Hands): Person {
  const open = [...answers.boards];
  const tries = new Map<string, number>();
  const planOf = (device: string): Answers['boards'][number] => {
    const plan = answers.boards.find((board) => board.device === device);
    if (plan) return plan;
    throw new WizardProblem('not-planned', `${device} is not in the answers`, 'Add it under boards.');
  };
  return {
    say,
    by: () => Promise.resolve(answers.by),
    expectedBoards: () => Promise.resolve(answers.boards.length),
    nextBoard: () => Promise.resolve(open.shift()?.device ?? null),
    code: ({ device }, problem) => Promise.resolve(problem ? null : (planOf(device).code ?? null)),
    confirms: () => Promise.resolve('yes'),
    plan: ({ device }: FoundBoard) => Promise.resolve(planOf(device)),
    again: (what, why) => {
      const key = `${what} ${why}`;
      const tried = tries.get(key) ?? 0;
      tries.set(key, tried + 1);
      return Promise.resolve(tried < answers.repeats);
    },
    act: hands ?? ((hand, board) => simulatorHands(answers.simulator, hand, board)),
  };
}

async function simulatorHands(simulator: string | undefined, hand: Hand, board: string): Promise<void> {
  if (!simulator) {
    throw new WizardProblem(
      'needs-hands',
      `somebody has to do this at ${board}: ${hand}`,
      'Run the wizard without --answers, or name a simulator in the file.',
    );
  }
  const [what, on] = hand.endsWith('link')
    ? ['link', hand === 'restore-link']
    : ['power', hand === 'restore-power'];
  const url = new URL(`/api/v1/boards/${board}/${what}`, simulator);
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ on }),
  });
  if (response.ok) return;
  throw new WizardProblem('simulator', `the simulator refused ${hand} at ${board}`, await response.text());
}
