/** Somebody at a terminal: in a cellar, with gloves and a torch. Every question says what may be answered. */
import { createInterface, type Interface } from 'node:readline/promises';
import { isLabelCode, labelCode } from '@wattward/broker/wire/board-label';
import type { Protocol } from '../../catalogue/boards.ts';
import { contactorReason } from '../contact-ratings.ts';
import { type Assignment, ENOUGH } from '../judge.ts';
import type { BoardCase } from '../stages.ts';
import { type FoundBoard, WizardProblem } from './box-client.ts';
import type { Hand, Person, PlannedBoard, PlannedLoad } from './person.ts';
import { ofMany, parsePowerW, wordOf } from './words.ts';

const HAND_TEXT: Readonly<Record<Hand, string>> = {
  'cut-link':
    'Cut the board off from the network: switch its access point off, or unplug the cable of the access point. Leave its supply on.',
  'restore-link': 'Switch the access point on again.',
  'cut-power': 'Switch the supply of the board off (its fuse). Wait five seconds.',
  'restore-power': 'Switch the supply of the board on again.',
};

const KINDS: Readonly<Record<Assignment['kind'], string>> = {
  interruptible: 'heater, pump, boiler: may be switched at any time',
  program: 'washing machine, dishwasher: runs to its end',
  compressor: 'fridge, freezer, heat pump: rests ten minutes between two starts',
  ev: 'car charger',
};

const PHASES = ['L1', 'L2', 'L3', 'all'] as const;

export class TerminalPerson implements Person {
  readonly #lines: Interface;
  readonly #ended: Promise<never>;

  constructor(input: NodeJS.ReadableStream = process.stdin, output: NodeJS.WritableStream = process.stdout) {
    this.#lines = createInterface({ input, output });
    this.#ended = new Promise((_, reject) => {
      this.#lines.once('close', () =>
        reject(new WizardProblem('ended', 'Ended', 'The box keeps what was done: start again to go on.')),
      );
    });
    this.#ended.catch(() => {});
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

  async nextBoard(found: readonly FoundBoard[], known: readonly BoardCase[]): Promise<string | null> {
    this.say('');
    found.forEach((board, i) => {
      const begun = known.find(({ hardware }) => hardware.device === board.device);
      const state = begun ? `${begun.name || 'no name yet'}, ${begun.stage.toUpperCase()}` : 'new';
      const moved = board.lastMoved
        ? `; relay ${board.lastMoved.channel} moved by hand ${board.lastMoved.agoS} s ago`
        : '';
      this.say(`  ${i + 1}  ${board.device}  ${state}${moved}`);
    });
    this.say(
      '  Which is which? Press the button of a board, then Enter here: the list says whose relay moved.',
    );
    for (;;) {
      const answer = await this.#text(
        `Board to take up (1 to ${found.length}; 0: none, make the report)`,
        true,
      );
      if (answer === '') return '';
      const n = Number(answer);
      if (n === 0) return null;
      const device = found[n - 1]?.device;
      if (device) return device;
      this.say(`  Please write a number from 0 to ${found.length}.`);
    }
  }

  async code(board: FoundBoard, problem: string): Promise<string | null> {
    if (problem) this.say(`  ${problem}`);
    else this.say('  This board is new: the code on its label makes it yours.');
    for (;;) {
      const typed = await this.#text(`Code on the label of ${board.device} (Enter: not now)`, true);
      if (typed === '' || isLabelCode(labelCode(typed))) return typed || null;
      this.say(`  A code has 20 letters and digits, no U; this has ${labelCode(typed).length}.`);
    }
  }

  confirms(_: FoundBoard): Promise<'yes' | 'no' | 'again'> {
    return this.#choice('Is this the board in front of you? again: let it blink once more', [
      'yes',
      'no',
      'again',
    ]);
  }

  async plan(board: FoundBoard, known: readonly BoardCase[]): Promise<PlannedBoard> {
    const begun = known.find(({ hardware }) => hardware.device === board.device);
    if (begun && begun.loads.length > 0 && (await this.#keeps(begun))) {
      return { name: begun.name, room: begun.room, loads: begun.loads.map((load) => planned(load, begun)) };
    }
    const old = begun ? undefined : await this.#replaced(known);
    if (old) {
      this.say(`  It takes over "${old.name}" with its loads; everything measured is measured again.`);
      const loads = old.loads.map((load) => planned(load, old));
      if (loads.length > 0) return { name: old.name, room: old.room, loads, replaces: old.id };
    }
    const name = await this.#text('Name of the board, e.g. Cellar');
    const room = await this.#text('Room (Enter: none)', true);
    return { name, room, loads: await this.#loads(board), replaces: old?.id };
  }

  again(what: string, _: string): Promise<boolean> {
    return this.#yes(`Repeat ${what}`);
  }

  async act(hand: Hand, board: string): Promise<void> {
    await this.#ask(`\n  >> ${board}: ${HAND_TEXT[hand]}\n     Enter when done. `);
  }

  /** What was typed before need not be typed again. */
  #keeps({ name, loads }: BoardCase): Promise<boolean> {
    this.say(`  Entered before: "${name}"`);
    for (const { channel, name: load, nominalPowerW, phase, kind } of loads)
      this.say(`    relay ${channel}: ${load}, ${nominalPowerW} W on ${phase}, ${kind}`);
    return this.#yes('Is that still right');
  }

  /** The board that this one stands in for; asked only where there is one. */
  async #replaced(known: readonly BoardCase[]): Promise<BoardCase | undefined> {
    const old = known.filter(({ stage, name }) => stage !== 'ignored' && name !== '');
    if (old.length === 0) return undefined;
    const names = old.map(({ id, name }, i) => `${i + 1} "${name}" (${id})`).join(', ');
    const n = await this.#number(`Does it take the place of a broken board? 0: no; ${names}`, 0, old.length);
    return old[n - 1];
  }

  async #loads({ channels, protocol }: FoundBoard): Promise<PlannedLoad[]> {
    this.say(`What hangs on its ${ofMany(channels, 'relay')}?`);
    this.say(
      `  A load passes when the meter sees ${ENOUGH * 100} % of its nameplate or more. Kinds of loads:`,
    );
    for (const [kind, about] of Object.entries(KINDS)) this.say(`    ${kind.padEnd(14)} ${about}`);
    for (;;) {
      const loads: PlannedLoad[] = [];
      for (let channel = 1; channel <= channels; channel += 1) {
        const load = await this.#load(channel, protocol);
        if (load) loads.push(load);
      }
      if (loads.length > 0) return loads;
      this.say('  Nothing hangs on it: there would be nothing to test. Name at least one load.');
    }
  }

  async #load(channel: number, protocol: Protocol): Promise<PlannedLoad | null> {
    const name = await this.#text(`Relay ${channel}: name of the load (Enter: nothing)`, true);
    if (!name) return null;
    const nominalPowerW = await this.#power();
    const phase = await this.#choice('  phase; all: on three phases evenly', PHASES);
    const kind = await this.#choice<Assignment['kind']>(
      '  kind',
      Object.keys(KINDS) as Assignment['kind'][],
      'interruptible',
    );
    const load = { channel, load: idOf(name), name, nominalPowerW, phase, kind, leaseS: 90 };
    const reason = contactorReason(protocol, load);
    if (reason) {
      this.say(`  ${reason}.`);
      if (!(await this.#yes('  Is it wired so'))) {
        this.say('  Then it must not hang on this relay. Left out.');
        return null;
      }
    }
    const priority = await this.#number('  priority, 1 is the most important', 1, 99);
    return { ...load, priority, ...(reason ? { contactor: true } : {}) };
  }

  async #power(): Promise<number> {
    for (;;) {
      const powerW = parsePowerW(await this.#text('  power on its nameplate, e.g. 2000 W or 2 kW'));
      if (powerW !== null) return powerW;
      this.say('  Please write watts from 1 to 100000, or kilowatts such as 2.3 kW.');
    }
  }

  async #text(question: string, mayBeEmpty = false): Promise<string> {
    for (;;) {
      const answer = (await this.#ask(`${question}: `)).trim();
      if (answer || mayBeEmpty) return answer;
      this.say('  Please write something.');
    }
  }

  async #number(question: string, min: number, max: number): Promise<number> {
    for (;;) {
      const answer = Number((await this.#text(question)).replace(',', '.'));
      if (Number.isInteger(answer) && answer >= min && answer <= max) return answer;
      this.say(`  Please write a whole number from ${min} to ${max}.`);
    }
  }

  async #yes(question: string): Promise<boolean> {
    return (await this.#choice(question, ['yes', 'no'])) === 'yes';
  }

  /** The first letters are enough. */
  async #choice<T extends string>(question: string, choices: readonly T[], usual?: T): Promise<T> {
    const hint = usual ? `; Enter: ${usual}` : '';
    for (;;) {
      const answer = await this.#text(`${question} (${choices.join(', ')}${hint})`, usual !== undefined);
      if (answer === '' && usual) return usual;
      const found = wordOf(answer, choices);
      if (found) return found;
      this.say(`  Please write one of: ${choices.join(', ')}.`);
    }
  }

  /** @throws WizardProblem when the input ends, e.g. by Ctrl-D or Ctrl-C. */
  #ask(question: string): Promise<string> {
    return Promise.race([this.#lines.question(question), this.#ended]);
  }
}

function planned(load: Assignment, { priorities }: BoardCase): PlannedLoad {
  return { ...load, priority: priorities[load.load] ?? 50 };
}

function idOf(name: string): string {
  const plain = name
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[\u0300-\u036f]/g, '')
    .replaceAll(/[^a-z0-9]+/g, '-');
  return plain.slice(0, 40).replaceAll(/^-|-$/g, '') || 'load';
}
