/**
 * A box's disk in a process of its own, to be killed: records without end, and says on its output what was promised.
 * Arguments: folder, boot. Each line is one promise: `state N`, `decision N`, `points N` (all up to N are committed).
 */
import { writeSync } from 'node:fs';
import { openStore } from '../../src/store/open-store.ts';
import { at, decision, sitePoint } from './opened-store.ts';

const [dir = '', boot = '', from = '0'] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

const store = await openStore({
  dir,
  site: 'home-1',
  bootId: boot,
  commitEveryMs: 500,
  onAlarm: ({ code, params }) => say(`alarm ${code} ${JSON.stringify(params)}`),
});
say(`ready ${await store.loadState('n')}`);

for (let n = Number(from); ; n++) {
  const now = at(n * 100);
  store.recordPoints([sitePoint(n)], now);
  store.recordSnapshot(`{"n":${n}}`, now);
  if (n % 7 === 0 && (await store.recordDecisions([decision(`d${n}`)], now)) === 'durable')
    say(`decision ${n}`);
  if (n % 5 === 0 && (await store.saveState('n', String(n))) === 'durable') say(`state ${n}`);
  if (n % 11 === 0 && (await store.flush()) === 'durable') say(`points ${n}`);
  if (n % 13 === 0) {
    const batch = await store.nextBatch({ maxLines: 30, lanes: ['event', 'live', 'backfill'], skip: [] });
    if (batch) {
      for (const line of batch.lines) say(`sent ${line}`);
      await store.settleBatch(batch.id, { deliveredPoints: batch.lines.length, quarantined: [] });
    }
  }
}
