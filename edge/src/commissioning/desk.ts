/**
 * Commissioning as the box offers it: answers the installer's verb `commission`, keeps every board's case on the disk, and lets
 * one test or proof run at a time while the installer asks how it goes.
 */
import { randomBytes } from 'node:crypto';
import type { Request, Response } from '@wattward/broker/wire/request';
import * as z from 'zod';
import type { Store } from '../record/store.ts';
import { Bench, type BenchOptions } from './bench.ts';
import { ClaimWindow } from './claim.ts';
import { Finder } from './finder.ts';
import { type Answer, JobRunner } from './job-runner.ts';
import type { TestPorts } from './measured-test.ts';
import { type CommissionQuestion, commissionQuestion } from './questions.ts';
import { signReport } from './report.ts';
import { advance, type BoardCase, type CaseEvent, seenBoard } from './stages.ts';

export interface DeskOptions extends BenchOptions {
  readonly siteId: string;
  readonly software: string;
  readonly store: Pick<Store, 'loadState' | 'saveState'>;
  /** Powers of the house by phase, import +, from the newest good reading. */
  readonly phasesW: TestPorts['phasesW'];
}

interface Kept {
  readonly expectedBoards: number | null;
  readonly boards: readonly BoardCase[];
}

const KEY = 'commissioning';
/** Fits every client's limit, however it is escaped. */
const PART_CHARS = 6_000;

export class CommissioningDesk {
  readonly #options: DeskOptions;
  readonly #finder: Finder;
  readonly #bench: Bench;
  readonly #runner: JobRunner;
  readonly #window = new ClaimWindow();
  readonly #cases = new Map<string, BoardCase>();
  #expectedBoards: number | null = null;
  #report = '';
  #loaded: Promise<void> | null = null;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#finder = new Finder(options.bus, () => options.clock.monoMs());
    this.#bench = new Bench(options);
    this.#runner = new JobRunner({
      ...options,
      finder: this.#finder,
      bench: this.#bench,
      record: (board, event) => this.#record(board, event),
    });
  }

  async answer(request: Request): Promise<Response> {
    const { transaction } = request;
    const parsed = commissionQuestion.safeParse(request);
    if (!parsed.success) {
      const error = {
        code: 'bad-question',
        message: z.prettifyError(parsed.error),
        remedy: 'Correct the question.',
      };
      return { v: 1, transaction, status: 'error', error };
    }
    this.#loaded ??= this.#load();
    await this.#loaded;
    const answer = await this.#act(parsed.data);
    if ('refusal' in answer) return { v: 1, transaction, status: 'error', error: { ...answer.refusal } };
    return { v: 1, transaction, status: 'ok', data: answer.data };
  }

  close(): void {
    this.#bench.close();
  }

  async #act(question: CommissionQuestion): Promise<Answer> {
    switch (question.action) {
      case 'status':
        return this.#status();
      case 'open':
        this.#finder.listen();
        this.#window.open(this.#options.clock.monoMs());
        if (question.expectedBoards !== undefined) this.#expectedBoards = question.expectedBoards;
        await this.#save();
        return this.#status();
      case 'report':
        return this.#makeReport(question.by);
      case 'report-part':
        return {
          data: { text: this.#report.slice(question.index * PART_CHARS, (question.index + 1) * PART_CHARS) },
        };
      case 'claim':
        return this.#claim(question.board, question.code);
      case 'blink':
        return this.#blink(question.board, question.seconds);
      default:
        return this.#onCase(question);
    }
  }

  async #onCase(
    question: Exclude<
      CommissionQuestion,
      { action: 'status' | 'open' | 'report' | 'report-part' | 'claim' | 'blink' }
    >,
  ): Promise<Answer> {
    const board = this.#caseOf(question.board);
    if (!board) return notSeen(question.board);
    const atIso = this.#nowIso();
    switch (question.action) {
      case 'identified':
        return this.#advance(board, { type: 'identified' });
      case 'name':
        return this.#advance(board, { type: 'named', name: question.name, room: question.room });
      case 'assign': {
        const answer = await this.#advance(board, { type: 'assigned', loads: question.loads });
        if ('data' in answer) this.#bench.place(this.#cases.get(board.id) ?? board);
        return answer;
      }
      case 'prioritise':
        return this.#advance(board, { type: 'prioritised', priorities: question.priorities });
      case 'accept':
        return this.#advance(board, { type: 'accepted', by: question.by });
      case 'ignore':
        return this.#advance(board, { type: 'ignored', why: question.why });
      case 'replace': {
        const hardware = this.#finder.sighting(question.device);
        if (!hardware) return notSeen(question.device);
        const { device, protocol, mac, model, firmware, channels } = hardware;
        const found = { device, protocol, mac, model, firmware, channels };
        this.#cases.delete(device);
        return this.#advance(board, { type: 'replaced', hardware: found, atIso });
      }
      case 'test':
        return this.#runner.test(board, question.channel, [...this.#cases.values()]);
      case 'prove':
        return this.#runner.prove(board, question.proof);
    }
  }

  /** A board's case; a board just seen becomes one. */
  #caseOf(id: string): BoardCase | undefined {
    const known = this.#cases.get(id);
    if (known) return known.stage === 'seen' ? this.#refreshed(known) : known;
    const sighting = this.#finder.sighting(id);
    return sighting && this.#refreshed(seenBoard(sighting));
  }

  /** Before anything hangs on it, a board is what it says of itself. */
  #refreshed(board: BoardCase): BoardCase {
    const sighting = this.#finder.sighting(board.hardware.device);
    if (!sighting) return board;
    const { device, protocol, mac, model, firmware, channels } = sighting;
    return { ...board, hardware: { device, protocol, mac, model, firmware, channels } };
  }

  async #advance(board: BoardCase, event: CaseEvent): Promise<Answer> {
    const next = advance(board, event);
    if (!next.ok) return { refusal: next.refusal };
    this.#cases.set(board.id, next.board);
    await this.#save();
    return { data: { board: next.board } };
  }

  #status(): Answer {
    const nowMonoMs = this.#options.clock.monoMs();
    const age = (atMonoMs: number | null) =>
      atMonoMs === null ? null : Math.round((nowMonoMs - atMonoMs) / 1000);
    const idOf = new Map([...this.#cases.values()].map(({ id, hardware }) => [hardware.device, id]));
    const found = this.#finder.sightings.map(
      ({ lastHeardMonoMs, lastWillMonoMs: _, lastMoved, ...seen }) => ({
        ...seen,
        heardAgoS: age(lastHeardMonoMs),
        lastMoved:
          lastMoved && !this.#runner.moved(idOf.get(seen.device) ?? '', lastMoved.atMonoMs)
            ? { channel: lastMoved.channel, agoS: age(lastMoved.atMonoMs) }
            : null,
        fresh: !idOf.has(seen.device),
      }),
    );
    return {
      data: {
        site: this.#options.siteId,
        windowLeftS: Math.round(this.#window.leftMs(nowMonoMs) / 1000),
        expectedBoards: this.#expectedBoards,
        found,
        boards: [...this.#cases.values()].map(brief),
        job: this.#runner.job,
      },
    };
  }

  async #claim(id: string, code: string): Promise<Answer> {
    const sighting = this.#finder.sighting(id);
    if (!sighting) return notSeen(id);
    const refusal = this.#window.check(sighting, code, this.#options.clock.monoMs());
    if (refusal) return { refusal };
    const secret = randomBytes(16).toString('base64url');
    const sent = await this.#options.bus.publish(
      'boardCredential',
      { boardId: id },
      { v: 1, board: id, secret },
    );
    if (sent) return { data: { board: id, claimed: true } };
    return {
      refusal: {
        code: 'not-sent',
        message: 'the broker did not take it',
        remedy: 'Open a new window and try again.',
      },
    };
  }

  async #blink(id: string, seconds: number): Promise<Answer> {
    const board = this.#caseOf(id);
    if (!board) return notSeen(id);
    const driver = this.#bench.place(board);
    if (await driver.identify(seconds)) return { data: { board: id, seconds } };
    return {
      refusal: {
        code: 'cannot-blink',
        message: `${id} has no light that blinks without switching a relay`,
        remedy: 'Press a button at the board: the list shows which one moved.',
      },
    };
  }

  /** A result comes in when the work is done; meanwhile the case may have moved on. */
  #record(id: string, event: CaseEvent): Promise<unknown> {
    const board = this.#cases.get(id);
    return board ? this.#advance(board, event) : Promise.resolve();
  }

  /** The report is frozen, and read in parts: a large house does not fit one message. */
  #makeReport(by: string): Answer {
    const boards = [...this.#cases.values()].filter(({ stage }) => stage !== 'seen');
    const signed = signReport({
      v: 1,
      kind: 'acceptance',
      site: this.#options.siteId,
      atIso: this.#nowIso(),
      by,
      software: this.#options.software,
      expectedBoards: this.#expectedBoards,
      ghosts: this.#finder.sightings.flatMap(({ ghosts }) => ghosts),
      boards,
    });
    this.#report = JSON.stringify(signed);
    const parts = Math.ceil(this.#report.length / PART_CHARS);
    return { data: { sha256: signed.sha256, parts } };
  }

  #nowIso(): string {
    return new Date(this.#options.clock.wallMs()).toISOString();
  }

  async #load(): Promise<void> {
    const json = await this.#options.store.loadState(KEY);
    if (json === null) return;
    const { expectedBoards, boards } = JSON.parse(json) as Kept;
    this.#expectedBoards = expectedBoards;
    for (const board of boards) this.#cases.set(board.id, board);
  }

  async #save(): Promise<void> {
    const kept: Kept = { expectedBoards: this.#expectedBoards, boards: [...this.#cases.values()] };
    await this.#options.store.saveState(KEY, JSON.stringify(kept));
  }
}

/** A case without its raw samples, so that the list of many fits one message. */
function brief({ tests, ...board }: BoardCase) {
  return { ...board, tests: tests.map(({ repeats: _, ...test }) => test) };
}

function notSeen(id: string): Answer {
  return {
    refusal: {
      code: 'not-seen',
      message: `no board "${id}" was heard`,
      remedy: 'Open the window, give the board power and Wi-Fi, and look at the list.',
    },
  };
}
