/**
 * Starts processes, waits until each says that it is ready, keeps their logs, restarts the one that dies, and ends
 * them all. Children hold an IPC channel to this process and end by themselves when it is gone, so none is orphaned.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import path from 'node:path';

export interface ProcessSpec {
  /** Short name: names its log file and stands in messages. */
  readonly name: string;
  /** Script and arguments for this Node. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Ready when this resolves, for a program that cannot say so over IPC. */
  readonly probe?: () => Promise<boolean>;
}

/** What a child answers over IPC: ready, or why it cannot be. */
type Word = { ready: true } | { failed: { code: string; message: string; remedy: string } };

const READY_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 6_000;
const RESTART_DELAYS_MS = [1_000, 2_000, 5_000, 10_000, 30_000];
/** A process that ran this long has earned a fresh count of restarts. */
const STABLE_MS = 300_000;
const MAX_LOG_BYTES = 10_000_000;

export class StartFailure extends Error {
  readonly code: string;
  readonly remedy: string;
  constructor(code: string, message: string, remedy: string) {
    super(message);
    this.code = code;
    this.remedy = remedy;
  }
}

interface Running {
  readonly spec: ProcessSpec;
  child: ChildProcess;
  restarts: number;
}

export class Supervisor {
  readonly #logDir: string;
  readonly #say: (line: string) => void;
  readonly #running: Running[] = [];
  #stopping = false;

  constructor(logDir: string, say: (line: string) => void) {
    this.#logDir = logDir;
    this.#say = say;
    mkdirSync(logDir, { recursive: true, mode: 0o700 });
  }

  /** @throws StartFailure with the child's own words when it does not become ready. */
  async start(spec: ProcessSpec): Promise<void> {
    const running: Running = { spec, child: this.#spawn(spec), restarts: 0 };
    this.#running.push(running);
    await this.#ready(running);
    this.#watch(running);
  }

  /** Ends all, newest first; whatever does not end in time is killed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { child } of this.#running.toReversed()) await ended(child);
  }

  #spawn(spec: ProcessSpec): ChildProcess {
    const child = spawn(process.execPath, spec.args, {
      cwd: spec.cwd,
      env: { ...process.env, ...spec.env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const log = this.#log(spec.name);
    child.stdout?.pipe(log, { end: false });
    child.stderr?.pipe(log, { end: false });
    child.on('close', () => log.end());
    return child;
  }

  #log(name: string): WriteStream {
    const file = path.join(this.#logDir, `${name}.log`);
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
    return createWriteStream(file, { flags: 'a' });
  }

  async #ready({ spec, child }: Running): Promise<void> {
    const logFile = path.join(this.#logDir, `${spec.name}.log`);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () =>
        reject(
          new StartFailure(
            'not-ready',
            `${spec.name} did not become ready in ${READY_TIMEOUT_MS / 1000} s`,
            `Look into ${logFile}.`,
          ),
        ),
      READY_TIMEOUT_MS,
    );
    const onMessage = (word: Word) => {
      if ('failed' in word)
        reject(
          new StartFailure(word.failed.code, `${spec.name}: ${word.failed.message}`, word.failed.remedy),
        );
      else if ('ready' in word) resolve();
    };
    const onExit = (code: number | null, signal: string | null) =>
      // A word sent just before the end arrives after it.
      setTimeout(
        () =>
          reject(
            new StartFailure(
              'ended-early',
              `${spec.name} ended at its start (${signal ?? `code ${code}`})`,
              `Look into ${logFile}.`,
            ),
          ),
        100,
      );
    child.on('message', onMessage);
    child.once('exit', onExit);
    if (spec.probe) void this.#poll(child, spec.probe, resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      child.off('message', onMessage);
      child.off('exit', onExit);
    }
  }

  async #poll(child: ChildProcess, probe: () => Promise<boolean>, ready: () => void): Promise<void> {
    while (child.exitCode === null && child.signalCode === null) {
      if (await probe()) return ready();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #watch(running: Running): void {
    const startedAt = performance.now();
    running.child.once('exit', (code, signal) => {
      if (this.#stopping) return;
      if (performance.now() - startedAt > STABLE_MS) running.restarts = 0;
      const delayMs = RESTART_DELAYS_MS[running.restarts];
      const how = signal ?? `code ${code}`;
      if (delayMs === undefined) {
        this.#say(
          `${running.spec.name} ended again (${how}) and is left alone; see ${this.#logDir}/${running.spec.name}.log`,
        );
        return;
      }
      running.restarts += 1;
      this.#say(`${running.spec.name} ended (${how}); starting it again in ${delayMs / 1000} s`);
      setTimeout(() => void this.#restart(running), delayMs).unref();
    });
  }

  async #restart(running: Running): Promise<void> {
    if (this.#stopping) return;
    running.child = this.#spawn(running.spec);
    this.#watch(running);
    try {
      await this.#ready(running);
      this.#say(`${running.spec.name} runs again`);
    } catch (error) {
      this.#say(error instanceof Error ? error.message : String(error));
      running.child.kill('SIGKILL');
    }
  }
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS);
  child.once('exit', () => {
    clearTimeout(timer);
    resolve();
  });
  child.kill('SIGTERM');
  return promise;
}
