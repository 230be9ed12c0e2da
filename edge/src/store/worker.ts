/** The worker thread of the store: takes calls in order, answers each, and says how it stands. */
import { parentPort, workerData } from 'node:worker_threads';
import { type KeeperFolder, openKeeper } from './open-keeper.ts';
import type { Call, FromWorker } from './worker-messages.ts';

const port = parentPort;
if (!port) throw new Error('the store worker runs in a worker thread only');

const say = (message: FromWorker) => port.postMessage(message);
const keeper = openKeeper(workerData as KeeperFolder, (alarm) => say({ kind: 'alarm', alarm }));
say({ kind: 'ready' });
setImmediate(() => {
  if (!isOpen) return;
  keeper.openLog();
  sayStats();
});

const CHANGES = new Set<Call['method']>([
  'recordPoints',
  'recordDecisions',
  'recordEvent',
  'settleBatch',
  'ackEvent',
  'flush',
  'countLost',
  'close',
]);

let isOpen = true;
let lastStats = '';

port.on('message', (call: Call) => {
  if (call.method !== 'loadState' && call.method !== 'saveState') keeper.openLog();
  const method = keeper[call.method] as (...args: readonly unknown[]) => unknown;
  const value = method.apply(keeper, [...call.args]);
  if (call.method === 'close') isOpen = false;
  else if (CHANGES.has(call.method)) sayStats();
  say({ kind: 'answer', id: call.id, value });
  if (!isOpen) port.close();
});

const ticking = setInterval(() => {
  if (!isOpen) return clearInterval(ticking);
  keeper.tick();
  sayStats();
}, 1000);
ticking.unref();

function sayStats(): void {
  const stats = keeper.stats();
  const text = JSON.stringify(stats);
  if (text === lastStats) return;
  lastStats = text;
  say({ kind: 'stats', stats });
}
