/** Two pseudo terminals that are the ends of one serial line, by `socat`. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export const HAS_SOCAT = spawnSync('socat', ['-V']).status === 0;

export interface SerialPair {
  readonly ours: string;
  readonly theirs: string;
  close(): void;
}

export async function openSerialPair(): Promise<SerialPair> {
  const dir = mkdtempSync(path.join(tmpdir(), 'serial-'));
  const [ours, theirs] = [path.join(dir, 'ours'), path.join(dir, 'theirs')];
  const end = (link: string) => `pty,raw,echo=0,link=${link}`;
  const socat: ChildProcess = spawn('socat', [end(ours), end(theirs)], { stdio: 'ignore' });
  const deadlineMs = performance.now() + 5_000;
  while (!(existsSync(ours) && existsSync(theirs))) {
    if (performance.now() > deadlineMs) throw new Error('socat made no pseudo terminals');
    await delay(20);
  }
  return {
    ours,
    theirs,
    close() {
      socat.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
