/**
 * The installer's way through a house, board by board: find, claim, identify, name, assign, test, prove, order,
 * accept; then the report. The box does the work and keeps it; the wizard may be stopped and begun again anywhere.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { isWhole, type SignedReport } from '../report.ts';
import type { BoardCase } from '../stages.ts';
import { type BoxClient, type FoundBoard, type Status, WizardProblem } from './box-client.ts';
import { lineOf, present } from './found-boards.ts';
import type { Hand, Person, PlannedBoard, PlannedLoad } from './person.ts';
import { ofMany } from './words.ts';

export interface Finding {
  readonly board: string;
  /** `relay 2` or `proof lease`. */
  readonly what: string;
  readonly code: string;
  readonly text: string;
}

export interface WizardResult {
  readonly accepted: readonly string[];
  /** What was wrong at the end, by board. */
  readonly findings: readonly Finding[];
  readonly foundBoards: number;
  readonly expectedBoards: number;
  readonly ghosts: readonly string[];
  readonly report: SignedReport;
}

export interface WizardOptions {
  readonly box: BoxClient;
  readonly person: Person;
  /** Between two looks at a running test, real milliseconds. */
  readonly lookMs?: number;
  /** How long boards may take to show up, real milliseconds. */
  readonly searchMs?: number;
}

export async function runWizard(options: WizardOptions): Promise<WizardResult> {
  return new Wizard(options).run();
}

const BLINK_S = 20;
const HANDS: readonly Hand[] = ['cut-link', 'restore-link', 'cut-power', 'restore-power'];

class Wizard {
  readonly #box: BoxClient;
  readonly #person: Person;
  readonly #lookMs: number;
  readonly #searchMs: number;
  readonly #findings: Finding[] = [];

  constructor({ box, person, lookMs = 500, searchMs = 20_000 }: WizardOptions) {
    this.#box = box;
    this.#person = person;
    this.#lookMs = lookMs;
    this.#searchMs = searchMs;
  }

  async run(): Promise<WizardResult> {
    const by = await this.#person.by();
    const expectedBoards = await this.#person.expectedBoards();
    const found = await this.#search(expectedBoards);
    for (;;) {
      const { found: now, boards } = await this.#box.status();
      const device = await this.#person.nextBoard(now, boards);
      if (device === null) break;
      if (device !== '') await this.#takeUp(device, by);
    }
    const report = await this.#report(by);
    const accepted = report.report.boards.filter(({ stage }) => stage === 'accepted').map(({ id }) => id);
    const { ghosts } = report.report;
    return { accepted, findings: this.#findings, foundBoards: found, expectedBoards, ghosts, report };
  }

  async #report(by: string): Promise<SignedReport> {
    const { parts } = (await this.#box.ask('report', { by })) as { parts: number };
    let json = '';
    for (let index = 0; index < parts; index += 1) {
      json += ((await this.#box.ask('report-part', { index })) as { text: string }).text;
    }
    const report = JSON.parse(json) as SignedReport;
    if (isWhole(report)) return report;
    throw new WizardProblem('report-broken', 'the report did not arrive whole', 'Run the wizard again.');
  }

  async #search(expected: number): Promise<number> {
    const { say } = this.#person;
    say(`Searching for ${ofMany(expected, 'board')}. The window for new ones is open for 10 minutes.`);
    let status = (await this.#box.ask('open', { expectedBoards: expected })) as Status;
    const endMs = performance.now() + this.#searchMs;
    while (present(status).length < expected && performance.now() < endMs) {
      await delay(this.#lookMs);
      status = await this.#box.status();
    }
    for (const board of status.found) say(`  ${lineOf(board)}`);
    const online = present(status).length;
    say(`Found ${online} of ${expected}.`);
    if (online < expected) {
      say('  Missing ones: check power, Wi-Fi and the broker address in the board.');
      say('  A new own board must be known to the broker by its label:');
      say('    npm run broker -- user add esp12f-<its MAC> --role board --label <code>');
    }
    for (const { ghosts } of status.found) {
      for (const topic of ghosts)
        say(
          `  A command lies retained on ${topic}: delete it at the broker, or the load switches by itself.`,
        );
    }
    return online;
  }

  async #takeUp(device: string, by: string): Promise<void> {
    const { say } = this.#person;
    try {
      await this.#board(device, by);
    } catch (cause) {
      if (!(cause instanceof WizardProblem)) throw cause;
      this.#findings.push({ board: device, what: 'steps', code: cause.code, text: cause.message });
      say(`  ${cause.message}. ${cause.remedy}`);
    }
  }

  async #board(device: string, by: string): Promise<void> {
    const { say } = this.#person;
    let found = await this.#found(device);
    say('');
    say(lineOf(found));
    if (found.unclaimed) found = await this.#claim(found);
    await this.#identify(found);
    const plan = await this.#person.plan(found, (await this.#box.status()).boards);
    const id = plan.replaces ?? device;
    if (plan.replaces) await this.#box.ask('replace', { board: plan.replaces, device });
    await this.#box.ask('identified', { board: id });
    await this.#box.ask('name', { board: id, name: plan.name, room: plan.room });
    const loads = plan.loads.map(({ priority: _, ...load }) => load);
    await this.#box.ask('assign', { board: id, loads });
    say(`  named "${plan.name}", ${ofMany(loads.length, 'load')}`);
    const sound = await this.#tests(id, plan.loads);
    if (!sound) return say('  Not accepted: mend the wiring, then take this board up again.');
    if (!(await this.#proofs(id))) return say('  Not accepted: its safe state is not proved.');
    await this.#order(id, plan);
    await this.#box.ask('accept', { board: id, by });
    say(`  ACCEPTED by ${by}`);
  }

  async #claim(found: FoundBoard): Promise<FoundBoard> {
    await this.#sendCode(found);
    this.#person.say('  claimed; waiting for it to come back with its own secret');
    const endMs = performance.now() + this.#searchMs;
    for (;;) {
      const now = await this.#found(found.device);
      if (now.online && now.channels > 0 && (now.heardAgoS ?? 999) < 30) return now;
      if (performance.now() > endMs) {
        throw new WizardProblem(
          'claim-lost',
          `${found.device} did not come back`,
          'Give it power anew and repeat.',
        );
      }
      await delay(this.#lookMs);
    }
  }

  /** Again and again until the code is right; a window that has closed meanwhile is opened again. */
  async #sendCode(found: FoundBoard): Promise<void> {
    let problem = '';
    for (;;) {
      const code = await this.#person.code(found, problem);
      if (code === null) {
        throw new WizardProblem(
          'not-claimed',
          problem || `${found.device} waits for its claim`,
          'Take it up again with the code on its label.',
        );
      }
      try {
        const { windowLeftS } = await this.#box.status();
        if (windowLeftS === 0) await this.#box.ask('open');
        await this.#box.ask('claim', { board: found.device, code });
        return;
      } catch (cause) {
        if (!(cause instanceof WizardProblem)) throw cause;
        problem = `${cause.message}. ${cause.remedy}`;
      }
    }
  }

  async #identify(found: FoundBoard): Promise<void> {
    for (;;) {
      try {
        await this.#box.ask('blink', { board: found.device, seconds: BLINK_S });
        this.#person.say(`  its light blinks for ${BLINK_S} s`);
      } catch (cause) {
        if (!(cause instanceof WizardProblem)) throw cause;
        this.#person.say(`  ${cause.message}. ${cause.remedy}`);
      }
      const answer = await this.#person.confirms(found);
      if (answer === 'yes') return;
      if (answer === 'no') break;
    }
    throw new WizardProblem(
      'not-this-one',
      `${found.device} was not confirmed`,
      'Take up another board of the list.',
    );
  }

  async #tests(board: string, loads: readonly PlannedLoad[]): Promise<boolean> {
    let sound = true;
    for (const { channel, name } of loads) {
      const what = `relay ${channel}`;
      for (;;) {
        this.#person.say(`  testing ${what} ("${name}")`);
        await this.#box.ask('test', { board, channel });
        const problem = await this.#job(board);
        const test = (await this.#case(board)).tests.find((t) => t.channel === channel);
        const fault = problem ? { code: 'not-tested', text: problem } : test?.faults[0];
        if (!fault) {
          this.#person.say(`    passed`);
          break;
        }
        this.#person.say(`    ${fault.code}: ${fault.text}`);
        if (await this.#person.again(what, fault.text)) continue;
        this.#findings.push({ board, what, ...fault });
        sound = false;
        break;
      }
    }
    return sound;
  }

  async #proofs(board: string): Promise<boolean> {
    for (const proof of ['lease', 'broker', 'power'] as const) {
      const names = proof === 'broker' ? ['broker', 'will'] : [proof];
      for (;;) {
        this.#person.say(`  proving the safe state: ${proof}`);
        await this.#box.ask('prove', { board, proof });
        const problem = await this.#job(board);
        const proofs = (await this.#case(board)).proofs.filter(({ name }) => names.includes(name));
        for (const { passed, finding } of proofs)
          this.#person.say(`    ${passed ? 'passed' : 'FAILED'}: ${finding}`);
        const failed = proofs.find(({ passed }) => !passed);
        if (!problem && !failed) break;
        const text = problem || (failed?.finding ?? '');
        if (await this.#person.again(`proof ${proof}`, text)) continue;
        this.#findings.push({ board, what: `proof ${proof}`, code: problem ? 'not-proved' : 'unsafe', text });
        return false;
      }
    }
    return true;
  }

  /** Follows the running job to its end; what it needs by hand goes to the person. Returns its problem, or ''. */
  async #job(board: string): Promise<string> {
    let progress = '';
    let instruction = '';
    for (;;) {
      const { job } = await this.#box.status();
      if (!job || job.board !== board) return 'the box was restarted meanwhile';
      if (job.progress !== progress) {
        progress = job.progress;
        this.#person.say(`    ${progress}`);
      }
      if (job.instruction !== instruction) {
        instruction = job.instruction;
        const hand = HANDS.find((h) => h === instruction);
        if (hand) await this.#person.act(hand, (await this.#case(board)).hardware.device);
      }
      if (!job.running) return job.problem;
      await delay(this.#lookMs);
    }
  }

  async #order(board: string, plan: PlannedBoard): Promise<void> {
    const priorities = Object.fromEntries(plan.loads.map(({ load, priority }) => [load, priority]));
    await this.#box.ask('prioritise', { board, priorities });
  }

  async #found(device: string): Promise<FoundBoard> {
    const { found } = await this.#box.status();
    const board = found.find((b) => b.device === device);
    if (board) return board;
    throw new WizardProblem('not-seen', `no board "${device}" was heard`, 'Check its power and Wi-Fi.');
  }

  async #case(id: string): Promise<BoardCase> {
    const { boards } = await this.#box.status();
    const board = boards.find((b) => b.id === id);
    if (board) return board;
    throw new WizardProblem('no-case', `the box knows nothing of ${id}`, 'Begin again with this board.');
  }
}
