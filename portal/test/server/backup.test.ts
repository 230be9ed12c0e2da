import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { backUp } from '../../backup/main.ts';
import { parseLines } from '../../server/history/line-protocol.ts';
import { startPortal } from '../../server/portal.ts';
import { runPortal } from './running-portal.ts';

const target = mkdtempSync(join(tmpdir(), 'wattward-backup-'));
afterAll(() => rmSync(target, { recursive: true, force: true }));

test('a copy made while points come in is whole, and a portal starts from it', async () => {
  const at = await runPortal();
  const fromMs = Date.parse('2026-06-10T06:00:00Z');
  const hour = (n: number) =>
    Array.from(
      { length: 360 },
      (_, i) => `site,site=home-1 gridPowerW=${i} ${fromMs + (n * 360 + i) * 10_000}`,
    );
  const write = (n: number) => at.portal.sink?.write('home-1', parseLines(hour(n).join('\n'), 'ms', 0));
  await at.person('owner');
  await write(0);
  const writing = Promise.all([1, 2, 3, 4, 5].map(write));
  expect(await backUp(at.dataDir, target)).toEqual(['portal.db', 'history.db']);
  await writing;
  const { settings } = at.portal;
  await at.stop();
  const restored = await startPortal({ ...settings, dataDir: target, provisionFile: null });
  const range = { site: 'home-1', fromMs, toMs: fromMs + 6 * 3_600_000, field: 'gridPowerW' };
  const minutes = await restored.history.coveredMinutes(range);
  expect(minutes % 60).toBe(0);
  expect(minutes).toBeGreaterThanOrEqual(60);
  expect(await restored.db.selectFrom('person').select('email').execute()).toHaveLength(1);
  await restored.close();
});

test('where there is nothing to copy, it says so', async () => {
  await expect(backUp(join(target, 'nowhere'), target)).rejects.toThrow('holds no data');
});
