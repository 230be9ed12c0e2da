/** Somebody at a terminal. */
import { createInterface, type Interface } from 'node:readline/promises';
import { type Assignment, ENOUGH } from '../judge.ts';
import type { FoundBoard } from './box-client.ts';
import type { Hand, Person, PlannedBoard, PlannedLoad } from './person.ts';

const HAND_TEXT: Readonly<Record<Hand, string>> = {
  'cut-link': 'Cut the board off from the network: switch its access point off. Leave its supply on.',
  'restore-link': 'Switch the access point on again.',
  'cut-power': 'Switch the supply of the board off (its fuse). Wait five seconds.',
  'restore-power': 'Switch the supply of the board on again.',
};

export class TerminalPerson implements Person {
  readonly #lines: Interface;

  constructor() {
    this.#lines = createInterface({ input: process.stdin, output: process.stdout });
  }

  say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };

  close(): void {
    this.#lines.close();
  }

  by(): Promise<string> {
    return this.#text('Your name (for the report)');
  }

  expectedBoards(): Promise<number> {
    return this.#number('How many relay boards are installed', 0, 64);
  }

  async nextBoard(found: readonly FoundBoard[]): Promise<string | null> {
    this.say('');
    found.forEach((board, i) => {
      const moved = board.lastMoved
        ? `, relay ${board.lastMoved.channel} moved ${board.lastMoved.agoS} s ago`
        : '';
      this.say(`  ${i + 1}  ${board.device}${board.fresh ? '' : ' (begun or done)'}${moved}`);
    });
    const n = await this.#number('Which board next (0: none, make the report)', 0, found.length);
    return found[n - 1]?.device ?? null;
  }

  code(board: FoundBoard): Promise<string> {
    return this.#text(`Code on the label of ${board.device}`);
  }

  confirms(_: FoundBoard): Promise<boolean> {
    return this.#yes('Is this the board in front of you');
  }

  async plan(board: FoundBoard): Promise<PlannedBoard> {
    const claims = board.claim !== '' && (await this.#yes('Is it new, with a code on its label to be typed'));
    const replaces = await this.#text('Does it replace another board? Its id, or Enter for no', true);
    const name = await this.#text('Name of the board, e.g. Cellar');
    const room = await this.#text('Room', true);
    this.say(
      `What hangs on its relays? A load passes when the meter sees ${ENOUGH * 100} % of its nameplate.`,
    );
    const loads: PlannedLoad[] = [];
    for (let channel = 1; channel <= board.channels; channel += 1) {
      const load = await this.#load(channel);
      if (load) loads.push(load);
    }
    return {
      device: board.device,
      name,
      room,
      loads,
      replaces: replaces || undefined,
      code: claims ? '?' : undefined,
    };
  }

  again(what: string, _: string): Promise<boolean> {
    return this.#yes(`Repeat ${what}`);
  }

  async act(hand: Hand, board: string): Promise<void> {
    await this.#lines.question(`\n  >> ${board}: ${HAND_TEXT[hand]}\n     Enter when done. `);
  }

  async #load(channel: number): Promise<PlannedLoad | null> {
    const name = await this.#text(`Relay ${channel}: name of the load, or Enter for nothing`, true);
    if (!name) return null;
    const nominalPowerW = await this.#number('  watts on its nameplate', 1, 100_000);
    const phase = await this.#choice<Assignment['phase']>('  phase', ['L1', 'L2', 'L3', 'all']);
    const kind = await this.#choice<Assignment['kind']>('  kind', [
      'interruptible',
      'program',
      'compressor',
      'ev',
    ]);
    const priority = await this.#number('  priority, 1 is the most important', 1, 99);
    return { channel, load: idOf(name), name, nominalPowerW, phase, kind, leaseS: 90, priority };
  }

  async #text(question: string, mayBeEmpty = false): Promise<string> {
    for (;;) {
      const answer = (await this.#lines.question(`${question}: `)).trim();
      if (answer || mayBeEmpty) return answer;
      this.say('  Please write something.');
    }
  }

  async #number(question: string, min: number, max: number): Promise<number> {
    for (;;) {
      const answer = Number((await this.#text(question)).replace(',', '.'));
      if (answer >= min && answer <= max) return answer;
      this.say(`  Please write a number from ${min} to ${max}.`);
    }
  }

  async #yes(question: string): Promise<boolean> {
    return (await this.#choice(question, ['yes', 'no'])) === 'yes';
  }

  async #choice<T extends string>(question: string, choices: readonly T[]): Promise<T> {
    for (;;) {
      const answer = (await this.#text(`${question} (${choices.join(', ')})`)).toLowerCase();
      const found = choices.filter((choice) => choice.toLowerCase().startsWith(answer));
      if (found[0] && found.length === 1) return found[0];
      this.say(`  Please write one of: ${choices.join(', ')}.`);
    }
  }
}

function idOf(name: string): string {
  const plain = name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[^a-z0-9]+/g, '-');
  return plain.replaceAll(/^-|-$/g, '').slice(0, 40) || 'load';
}
