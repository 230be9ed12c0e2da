import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from '@jest/globals';
import { backUp } from '../../backup/main.ts';
import { openDatabase } from '../../server/database/open.ts';
import { EmbeddedHistory } from '../../server/history/embedded/embedded-history.ts';
import { startBuiltPortal } from '../built-portal.ts';

const run = promisify(execFile);
const BACKUP = fileURLToPath(new URL('../../backup/main.ts', import.meta.url));
const target = mkdtempSync(join(tmpdir(), 'wattward-backup-'));
afterAll(() => rmSync(target, { recursive: true, force: true }));

test('a copy made while points come in is whole, and a portal starts from it', async () => {
  const at = await startBuiltPortal();
  const fromMs = Date.parse('2026-06-10T06:00:00Z');
  const hour = (n: number) =>
    Array.from(
      { length: 360 },
      (_, i) => `site,site=home-1 gridPowerW=${i} ${fromMs + (n * 360 + i) * 10_000}`,
    );
  const write = (n: number) => at.write('home-1', hour(n));
  await at.person('owner');
  await write(0);
  let isCopying = true;
  const writing = (async () => {
    for (let n = 1; isCopying; n = (n % 5) + 1) await write(n);
  })();
  const { stdout } = await run(process.execPath, [BACKUP, '--data', at.dataDir, '--to', target]);
  isCopying = false;
  await writing;
  expect(stdout).toContain('Copied portal.db, history.db');
  await at.stop();
  const db = await openDatabase(target);
  const history = new EmbeddedHistory(target, Date.now);
  const range = { site: 'home-1', fromMs, toMs: fromMs + 6 * 3_600_000, field: 'gridPowerW' };
  const minutes = await history.coveredMinutes(range);
  expect(minutes % 60).toBe(0);
  expect(minutes).toBeGreaterThanOrEqual(60);
  expect(await db.selectFrom('person').select('email').execute()).toHaveLength(1);
  await history.close();
  await db.destroy();
});

test('where there is nothing to copy, it says so', () => {
  expect(() => backUp(join(target, 'nowhere'), target)).toThrow('holds no data');
});
