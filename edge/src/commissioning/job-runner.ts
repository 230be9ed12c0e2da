/** Lets one test or proof run at a time, beside the answers: who asked looks at the job until it no longer runs. */
import type { Clock } from '../clock.ts';
import type { Bench } from './bench.ts';
import type { Finder } from './finder.ts';
import { measuredTest, type TestPorts } from './measured-test.ts';
import { proveSafeState } from './safe-state-proof.ts';
import type { BoardCase, CaseEvent, StageRefusal } from './stages.ts';

/** What runs, or ran last. */
export interface Job {
  readonly board: string;
  readonly what: string;
  running: boolean;
  progress: string;
  /** What a person has to do now: cut-link, restore-link, cut-power, restore-power, or nothing. */
  instruction: string;
  /** Why it could not be carried out; empty when it could. */
  problem: string;
}

/** Its last order may still be on its way. */
const AFTERMATH_MS = 5_000;

export type Answer = { readonly data: unknown } | { readonly refusal: StageRefusal };

export interface JobRunnerOptions {
  readonly clock: Clock;
  readonly cycleMs: number;
  readonly phasesW: TestPorts['phasesW'];
  readonly finder: Finder;
  readonly bench: Bench;
  /** Puts a result into the board's case. */
  readonly record: (board: string, event: CaseEvent) => Promise<unknown>;
}

export class JobRunner {
  readonly #options: JobRunnerOptions;
  #job: Job | null = null;
  readonly #endedMonoMs = new Map<string, number>();

  constructor(options: JobRunnerOptions) {
    this.#options = options;
  }

  /** Whether a relay of this board may have moved by order of a test at that moment. */
  moved(board: string, atMonoMs: number): boolean {
    const endedMonoMs = this.#endedMonoMs.get(board);
    return endedMonoMs !== undefined && atMonoMs <= endedMonoMs + AFTERMATH_MS;
  }

  get job(): Job | null {
    return this.#job;
  }

  /** @param cases all boards, for wires that were swapped */
  test(board: BoardCase, channel: number, cases: readonly BoardCase[]): Answer {
    const own = board.loads.find((load) => load.channel === channel);
    if (!own)
      return {
        refusal: {
          code: 'no-load',
          message: `nothing hangs on relay ${channel}`,
          remedy: 'Assign a load first.',
        },
      };
    const others = cases.flatMap(({ id, loads }) => (id === board.id ? loads : []));
    return this.#run(board, channel, `test of relay ${channel}`, async (ports) => {
      const result = await measuredTest(ports, own, others);
      await this.#options.record(board.id, { type: 'tested', result });
    });
  }

  prove(board: BoardCase, proof: 'lease' | 'broker' | 'power'): Answer {
    const own = board.loads[0];
    if (!own)
      return {
        refusal: { code: 'no-load', message: 'nothing hangs on this board', remedy: 'Assign a load first.' },
      };
    const { device } = board.hardware;
    return this.#run(board, own.channel, `proof ${proof}`, async (ports, job) => {
      const proofs = await proveSafeState(
        {
          ...ports,
          willAfter: (ms) => later(this.#options.finder.sighting(device)?.lastWillMonoMs, ms),
          heardAfter: (ms) => later(this.#options.finder.sighting(device)?.lastHeardMonoMs, ms),
          lastHeardMonoMs: () => this.#options.finder.sighting(device)?.lastHeardMonoMs ?? null,
          instruct: (what) => {
            job.instruction = what;
          },
        },
        proof,
        own,
      );
      for (const one of proofs) {
        await this.#options.record(board.id, { type: 'proved', proof: one });
      }
    });
  }

  /** Starts `work` beside the answers; the installer asks for `status` until it no longer runs. */
  #run(
    board: BoardCase,
    channel: number,
    what: string,
    work: (ports: TestPorts, job: Job) => Promise<void>,
  ): Answer {
    if (this.#job?.running) {
      const { board: busy, what: doing } = this.#job;
      return {
        refusal: {
          code: 'busy',
          message: `${doing} of ${busy} is still running`,
          remedy: 'Wait for its end.',
        },
      };
    }
    const loan = this.#options.bench.borrow(board, channel);
    if (!loan)
      return { refusal: { code: 'busy', message: `relay ${channel} is in use`, remedy: 'Try again.' } };
    const job: Job = { board: board.id, what, running: true, progress: '', instruction: '', problem: '' };
    this.#job = job;
    const { clock, phasesW, cycleMs } = this.#options;
    const ports: TestPorts = {
      monoMs: () => clock.monoMs(),
      wallIso: () => new Date(clock.wallMs()).toISOString(),
      sleep: (siteMs) => clock.sleep(siteMs),
      phasesW,
      order: loan.order,
      abandon: loan.abandon,
      reported: loan.reported,
      refusal: loan.refusal,
      cycleMs,
      progress: (sentence) => {
        job.progress = sentence;
      },
    };
    work(ports, job)
      .catch((cause: unknown) => {
        job.problem = cause instanceof Error ? cause.message : String(cause);
      })
      .finally(() => {
        loan.release();
        this.#endedMonoMs.set(board.id, this.#options.clock.monoMs());
        job.running = false;
        job.instruction = '';
      });
    return { data: { job } };
  }
}

function later(atMonoMs: number | null | undefined, thanMonoMs: number): number | null {
  return atMonoMs !== null && atMonoMs !== undefined && atMonoMs > thanMonoMs ? atMonoMs : null;
}
