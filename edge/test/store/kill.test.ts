import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parseLine } from '../delivery/influx-stub.ts';
import { drained, isBalanced, opened, removeFolder, tempFolder } from './opened-store.ts';

const CHILD = fileURLToPath(new URL('./kill-child.ts', import.meta.url));
const KILLS = 10;

interface Promised {
  state: number;
  points: number;
  decisions: number[];
  sent: string[];
  loaded: string;
  alarms: string[];
}

/** Runs the box's disk until it has kept `promises` promises, then kills it without warning. */
function runAndKill(dir: string, boot: string, from: number, promises: number): Promise<Promised> {
  const promised: Promised = { state: -1, points: -1, decisions: [], sent: [], loaded: '', alarms: [] };
  const child = spawn(process.execPath, [CHILD, dir, boot, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let rest = '';
  let kept = 0;
  child.stdout.on('data', (data: Buffer) => {
    const lines = (rest + data.toString()).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [what, ...words] = line.split(' ');
      const value = words.join(' ');
      if (what === 'ready') promised.loaded = value;
      if (what === 'state') promised.state = Number(value);
      if (what === 'points') promised.points = Number(value);
      if (what === 'decision') promised.decisions.push(Number(value));
      if (what === 'sent') promised.sent.push(value);
      if (what === 'alarm') promised.alarms.push(value);
      if (++kept === promises) child.kill('SIGKILL');
    }
  });
  return new Promise((resolve) => child.on('close', () => resolve(promised)));
}

test(`killed ${KILLS} times, the disk keeps every promise: nothing committed is lost, nothing counts twice`, async () => {
  const dir = tempFolder();
  const history = new Map<string, string>();
  const decisions: number[] = [];
  let lastState = -1;
  let lastPoints = -1;
  for (let kill = 0; kill < KILLS; kill++) {
    const run = await runAndKill(dir, `boot-${kill}`, (lastPoints + 2) * 2, 20 + kill * 37);
    expect(run.alarms).toEqual([]);
    if (kill > 0) expect(Number(run.loaded)).toBeGreaterThanOrEqual(lastState);
    lastState = Math.max(lastState, run.state);
    lastPoints = Math.max(lastPoints, run.points);
    decisions.push(...run.decisions);
    for (const line of run.sent) history.set(keyOf(line), line);
  }
  const { store, alarms } = await opened(dir, { bootId: 'after' });
  for (const line of await drained(store)) history.set(keyOf(line), line);
  expect(alarms).toEqual([]);
  expect(Number(await store.loadState('n'))).toBeGreaterThanOrEqual(lastState);
  const kept = (await store.readDecisions({ limit: 100_000 })).map(({ outcome }) => Number(outcome.slice(1)));
  expect(kept).toEqual(expect.arrayContaining(decisions));
  expect(new Set(kept).size).toBe(kept.length);
  expect(await store.verifyJournal()).toMatchObject({ ok: true });
  expect(isBalanced(store)).toBe(true);
  expect(store.stats()).toMatchObject({ pendingPoints: 0, droppedPoints: 0 });
  expect(store.stats().acceptedPoints).toBe(history.size);
  expect(store.stats().deliveredPoints).toBe(history.size);
  await store.close();
  removeFolder(dir);
});

function keyOf(line: string): string {
  const parsed = parseLine(line);
  return `${parsed?.series} ${parsed?.time}`;
}
