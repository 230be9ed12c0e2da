/**
 * A cycle and its disk in a process of their own, whose writes are made to fail or to wait from outside. A cycle every
 * 20 ms, which waits for nothing; ends a while after the store has said that word. Prints what became of it as JSON.
 * Arguments: folder, code of the alarm to wait for.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { at, decision, opened, sitePoint } from './opened-store.ts';

const [dir = '', lastAlarm = ''] = process.argv.slice(2);
const CYCLE_MS = 20;
const CYCLES_AFTER = 50;

const { store, alarms } = await opened(dir, { bootId: 'trouble', commitEveryMs: 500 });
let longestCycleMs = 0;
let decisions = 0;
const durabilities = { durable: 0, memory: 0 };
let n = 0;
for (let after = 0; after < CYCLES_AFTER; n++) {
  const startedMs = performance.now();
  store.recordPoints([sitePoint(n)], at(n * 100));
  store.recordSnapshot(`{"n":${n}}`, at(n * 100));
  if (n % 10 === 0) {
    decisions++;
    void store.recordDecisions([decision(`d${n}`)], at(n * 100)).then((kept) => durabilities[kept]++);
    void store.saveState('n', String(n)).then((kept) => durabilities[kept]++);
  }
  if (alarms.some(({ code }) => code === lastAlarm) && store.stats().diskOk) after++;
  await delay(CYCLE_MS);
  longestCycleMs = Math.max(longestCycleMs, performance.now() - startedMs);
}
await store.close();
const codes = alarms.map(({ code, params }) => `${code} ${String(params.why ?? '')}`.trim());
process.stdout.write(JSON.stringify({ points: n, decisions, durabilities, longestCycleMs, codes }));
