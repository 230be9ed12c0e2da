/** A program at a terminal of its own (a pseudo terminal by util-linux' `script`), with somebody who reads and types. */
import { type ChildProcess, spawn } from 'node:child_process';
import { eventually } from './home-rig.ts';

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

export class Terminal {
  readonly #child: ChildProcess;
  #text = '';
  /** What was read already. */
  #readTo = 0;

  /** @param words program and arguments */
  constructor(words: readonly string[], env: NodeJS.ProcessEnv) {
    const command = words.map(quoted).join(' ');
    this.#child = spawn('script', ['-qefc', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'pipe'], env });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#text += chunk.toString();
    });
  }

  /** Waits for `words` after what was read before. */
  async sees(words: string): Promise<void> {
    await eventually(
      `"${words}" at the terminal, after: ${this.#text.slice(-300)}`,
      () => this.#text.includes(words, this.#readTo),
      40_000,
    );
    this.#readTo = this.#text.indexOf(words, this.#readTo) + words.length;
  }

  async answer(question: string, typed: string): Promise<void> {
    await this.sees(question);
    this.#child.stdin?.write(`${typed}\n`);
  }

  /** The exit code of the program. */
  async ended(): Promise<number | null> {
    await eventually('the end', () => this.#child.exitCode !== null);
    return this.#child.exitCode;
  }

  kill(): void {
    if (this.#child.exitCode === null) this.#child.kill();
  }
}
