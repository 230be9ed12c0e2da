/** The bundles as they reach a machine: copied alone into an empty folder outside the sources, started by their launchers. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Bundle, builtBundle } from '../../build/bundle.ts';
import { eventually, onlyNode, ROOT } from '../home-rig.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that runs on. */
export interface Running {
  readonly child: ChildProcess;
  /** What it told the process that started it, when it was ready. */
  readonly ready: Readonly<Record<string, unknown>>;
  /** Everything it has said, both streams. */
  output(): string;
  stop(): Promise<void>;
}

export class Shipped {
  readonly dir: string;

  static async copy(name: Bundle): Promise<Shipped> {
    const dir = mkdtempSync(path.join(tmpdir(), `shipped-${name}-`));
    cpSync(await builtBundle(ROOT, name), dir, { recursive: true });
    return new Shipped(dir);
  }

  private constructor(dir: string) {
    this.dir = dir;
  }

  /** Calls a launcher and waits for its end. */
  call(launcher: string, args: readonly string[], env: NodeJS.ProcessEnv = onlyNode()): Promise<Ended> {
    return new Promise((resolve) => {
      const options = { cwd: this.dir, env, timeout: 60_000 };
      execFile(path.join(this.dir, launcher), args, options, (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr });
      });
    });
  }

  /** @throws Error with what the program said, when it ends or says that it failed instead of being ready. */
  async start(launcher: string, args: readonly string[], uid?: number): Promise<Running> {
    // Another user may not be let into the folder of the sources, where this Node is.
    if (uid !== undefined) copyFileSync(process.execPath, path.join(this.dir, 'node'));
    const child = spawn(path.join(this.dir, launcher), args, {
      cwd: this.dir,
      env: uid === undefined ? onlyNode() : { ...onlyNode(), PATH: `${this.dir}:/usr/bin:/bin` },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    let ready: Record<string, unknown> | undefined;
    child.on('message', (word: Record<string, unknown>) => {
      if (word.ready) ready = word;
    });
    await eventually(`${launcher} ${args[0]} ready`, () => {
      if (child.exitCode !== null || child.signalCode !== null) return true;
      return ready;
    });
    if (!ready) throw new Error(`it did not start: ${text}`);
    return { child, ready, output: () => text, stop: () => ended(child) };
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}
