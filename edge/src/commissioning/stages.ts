/**
 * The way of a relay board from unknown to accepted, as a pure state machine.
 *
 * seen -> identified -> named -> assigned -> tested -> safe-verified -> prioritised -> accepted; any -> ignored; a
 * board may take the place of another: the logical id, its name and its loads stay, the hardware is remembered and
 * everything measured is measured again. Any later change of a load's wiring reopens `assigned`. Nothing here knows
 * time, devices or messages: what was measured comes in as results. [design/wire.md, commissioning]
 */
import type { Protocol } from '../catalogue/boards.ts';
import { contactorReason } from './contact-ratings.ts';
import type { Assignment, TestResult } from './judge.ts';

export const STAGES = [
  'seen',
  'identified',
  'named',
  'assigned',
  'tested',
  'safe-verified',
  'prioritised',
  'accepted',
  'ignored',
] as const;
export type Stage = (typeof STAGES)[number];

/** What shows that a board goes to its safe state by itself. */
export const PROOFS = ['lease', 'broker', 'will', 'power'] as const;
export type ProofName = (typeof PROOFS)[number];

export interface Proof {
  readonly name: ProofName;
  readonly passed: boolean;
  readonly atIso: string;
  /** What was seen, one sentence with its numbers. */
  readonly finding: string;
}

export interface Hardware {
  /** Identity on the broker. */
  readonly device: string;
  readonly protocol: Protocol;
  /** 12 hex digits, empty when the board does not say. */
  readonly mac: string;
  readonly model: string;
  readonly firmware: string;
  readonly channels: number;
}

export interface BoardCase {
  /** Logical id: stays when the hardware is replaced. */
  readonly id: string;
  readonly hardware: Hardware;
  readonly stage: Stage;
  readonly name: string;
  readonly room: string;
  readonly loads: readonly Assignment[];
  readonly tests: readonly TestResult[];
  readonly proofs: readonly Proof[];
  /** Load id to priority, 1 is the most important. */
  readonly priorities: Readonly<Record<string, number>>;
  readonly acceptedBy: string;
  readonly ignoredWhy: string;
  readonly former: readonly { readonly hardware: Hardware; readonly untilIso: string }[];
}

export type CaseEvent =
  | { readonly type: 'identified' }
  | { readonly type: 'named'; readonly name: string; readonly room: string }
  | { readonly type: 'assigned'; readonly loads: readonly Assignment[] }
  | { readonly type: 'tested'; readonly result: TestResult }
  | { readonly type: 'proved'; readonly proof: Proof }
  | { readonly type: 'prioritised'; readonly priorities: Readonly<Record<string, number>> }
  | { readonly type: 'accepted'; readonly by: string }
  | { readonly type: 'replaced'; readonly hardware: Hardware; readonly atIso: string }
  | { readonly type: 'ignored'; readonly why: string };

export interface StageRefusal {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

export type Transition =
  | { readonly ok: true; readonly board: BoardCase }
  | { readonly ok: false; readonly refusal: StageRefusal };

export function seenBoard(hardware: Hardware): BoardCase {
  return {
    id: hardware.device,
    hardware,
    stage: 'seen',
    name: '',
    room: '',
    loads: [],
    tests: [],
    proofs: [],
    priorities: {},
    acceptedBy: '',
    ignoredWhy: '',
    former: [],
  };
}

/** What `event` makes of `board`, or why it cannot be yet. */
export function advance(board: BoardCase, event: CaseEvent): Transition {
  if (board.stage === 'ignored' && event.type !== 'identified') {
    return refuse(
      'board-ignored',
      `${board.id} is ignored: ${board.ignoredWhy}`,
      'Identify it to take it up again.',
    );
  }
  switch (event.type) {
    case 'identified':
      return ok({
        ...board,
        stage: reached(board, 'identified') ? board.stage : 'identified',
        ignoredWhy: '',
      });
    case 'named':
      if (!reached(board, 'identified')) return early(board, 'identified', 'named');
      return ok({
        ...board,
        name: event.name,
        room: event.room,
        stage: reached(board, 'named') ? board.stage : 'named',
      });
    case 'assigned':
      return reached(board, 'named') ? assigned(board, event.loads) : early(board, 'named', 'given loads');
    case 'tested':
      return reached(board, 'assigned') ? tested(board, event.result) : early(board, 'assigned', 'tested');
    case 'proved':
      return reached(board, 'tested') ? proved(board, event.proof) : early(board, 'tested', 'proved safe');
    case 'prioritised':
      return reached(board, 'safe-verified')
        ? prioritised(board, event.priorities)
        : early(board, 'safe-verified', 'put in order');
    case 'accepted':
      if (!reached(board, 'prioritised')) return early(board, 'prioritised', 'accepted');
      return ok({ ...board, stage: 'accepted', acceptedBy: event.by });
    case 'replaced':
      return replaced(board, event.hardware, event.atIso);
    case 'ignored':
      return ok({ ...board, stage: 'ignored', ignoredWhy: event.why });
  }
}

function assigned(board: BoardCase, loads: readonly Assignment[]): Transition {
  const channels = loads.map(({ channel }) => channel);
  const twice = channels.find((channel, i) => channels.indexOf(channel) !== i);
  if (twice !== undefined) {
    return refuse(
      'channel-twice',
      `relay ${twice} of ${board.id} has two loads`,
      'Give each relay one load.',
    );
  }
  const beyond = channels.find((channel) => channel > board.hardware.channels);
  if (beyond !== undefined) {
    return refuse(
      'no-such-relay',
      `${board.id} has ${board.hardware.channels} relays, there is no relay ${beyond}`,
      'Count the relays from 1.',
    );
  }
  if (loads.length === 0) {
    return refuse('no-loads', `${board.id} was given no load`, 'Assign at least one, or ignore the board.');
  }
  for (const load of loads) {
    const reason = load.contactor ? null : contactorReason(board.hardware.protocol, load);
    if (reason) {
      return refuse(
        'needs-contactor',
        `relay ${load.channel} ("${load.name}"): ${reason}`,
        'Wire a contactor and say so, or take a smaller load.',
      );
    }
  }
  const same = (load: Assignment) => board.loads.some((old) => JSON.stringify(old) === JSON.stringify(load));
  const tests = board.tests.filter(({ channel }) =>
    loads.some((load) => load.channel === channel && same(load)),
  );
  const unchanged = loads.length === board.loads.length && loads.every(same);
  if (unchanged) return ok(board);
  const proofs = tests.length === loads.length ? board.proofs : [];
  return ok({ ...board, loads, tests, proofs, priorities: {}, acceptedBy: '', stage: 'assigned' });
}

function tested(board: BoardCase, result: TestResult): Transition {
  const tests = [...board.tests.filter(({ channel }) => channel !== result.channel), result];
  const complete = board.loads.every(({ channel }) =>
    tests.some((test) => test.channel === channel && test.passed),
  );
  const stage = complete ? (reached(board, 'tested') ? board.stage : 'tested') : 'assigned';
  // A load that fails now shows that what was accepted no longer holds.
  return ok({ ...board, tests, stage, ...(complete ? {} : { acceptedBy: '' }) });
}

function proved(board: BoardCase, proof: Proof): Transition {
  const proofs = [...board.proofs.filter(({ name }) => name !== proof.name), proof];
  const complete = PROOFS.every((name) => proofs.some((p) => p.name === name && p.passed));
  const stage = complete ? (reached(board, 'safe-verified') ? board.stage : 'safe-verified') : 'tested';
  return ok({ ...board, proofs, stage, ...(complete ? {} : { acceptedBy: '' }) });
}

function prioritised(board: BoardCase, priorities: Readonly<Record<string, number>>): Transition {
  const missing = board.loads.find(({ load }) => priorities[load] === undefined);
  if (missing) {
    return refuse(
      'no-priority',
      `"${missing.name}" has no place in the order`,
      'Give every load a priority.',
    );
  }
  return ok({ ...board, priorities, stage: 'prioritised', acceptedBy: '' });
}

function replaced(board: BoardCase, hardware: Hardware, atIso: string): Transition {
  const most = Math.max(0, ...board.loads.map(({ channel }) => channel));
  if (hardware.channels < most) {
    return refuse(
      'too-few-relays',
      `${hardware.device} has ${hardware.channels} relays, ${board.id} uses relay ${most}`,
      'Take a board with as many relays.',
    );
  }
  const stage = board.loads.length > 0 ? 'assigned' : board.name ? 'named' : 'identified';
  const former = [...board.former, { hardware: board.hardware, untilIso: atIso }];
  return ok({ ...board, hardware, former, stage, tests: [], proofs: [], acceptedBy: '' });
}

function reached(board: BoardCase, stage: Stage): boolean {
  return board.stage !== 'ignored' && STAGES.indexOf(board.stage) >= STAGES.indexOf(stage);
}

function ok(board: BoardCase): Transition {
  return { ok: true, board };
}

function refuse(code: string, message: string, remedy: string): Transition {
  return { ok: false, refusal: { code, message, remedy } };
}

const STEP_TO: Readonly<Partial<Record<Stage, string>>> = {
  identified: 'Let it blink or press its button, and confirm that it is the right one.',
  named: 'Give it a name first.',
  assigned: 'Say first what hangs on each relay.',
  tested: 'Test every load first; each must pass.',
  'safe-verified': 'Prove its safe state first: lease, broker, last will, power cut.',
  prioritised: 'Put its loads in order first.',
};

function early(board: BoardCase, needed: Stage, wanted: string): Transition {
  return refuse(
    'too-early',
    `${board.id} cannot be ${wanted} yet: it is ${board.stage}, not ${needed}`,
    STEP_TO[needed] ?? 'Go step by step.',
  );
}
