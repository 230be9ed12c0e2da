/** A simulated day of the box's disk with every delivery settled, in a process of its own; prints what it wrote. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../src/store/open-store.ts';
import { liveThrough } from './days-of-points.ts';

const DAY_MS = 86_400_000;
const SLICE_MS = 50_000;

const dir = mkdtempSync(join(tmpdir(), 'wattward-day-'));
const store = await openStore({ dir, site: 'home-1', bootId: 'bench', onAlarm: (a) => console.error(a) });
for (let ms = 0; ms < DAY_MS; ms += SLICE_MS) {
  await liveThrough(store, ms, Math.min(DAY_MS, ms + SLICE_MS));
  for (;;) {
    const batch = await store.nextBatch({ maxLines: 5000, lanes: ['event', 'live', 'backfill'], skip: [] });
    if (!batch) break;
    await store.settleBatch(batch.id, { deliveredPoints: batch.lines.length, quarantined: [] });
  }
}
await store.close();
const written = /^wchar: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))?.[1];
process.stdout.write(`${JSON.stringify({ writtenBytes: Number(written), stats: store.stats() })}\n`);
rmSync(dir, { recursive: true });
