/** What `npm start` keeps of a home, portal and all, is for its user only: every file and directory of a whole run. */
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { eventually } from './home-rig.ts';
import { forget, startHome } from './started-home.ts';

/** Everything below `dir` that somebody else may read, write or enter, with its mode. */
function openToOthers(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    const mode = lstatSync(path.join(dir, name), { throwIfNoEntry: false })?.mode ?? 0;
    return (mode & 0o077) === 0 ? [] : [`${name} ${(mode & 0o777).toString(8)}`];
  });
}

const filesIn = (dir: string) => readdirSync(dir, { recursive: true, encoding: 'utf8' });

test('nothing that a run writes can be read by others, nor what an earlier one left open', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'private-'));
  const before = path.join(dataDir, 'home-1/box');
  mkdirSync(before, { recursive: true });
  chmodSync(path.join(dataDir, 'home-1'), 0o755);
  writeFileSync(path.join(dataDir, 'clock.json'), '{}');
  writeFileSync(path.join(before, 'log.db'), '');
  for (const file of ['clock.json', 'home-1/box/log.db']) chmodSync(path.join(dataDir, file), 0o644);
  const home = await startHome(['--home', 'peak', '--speed', '20'], { dataDir });
  const written = [
    'box/log.db-wal',
    'box/state.db',
    'portal/portal.db-wal',
    'portal/history.db',
    'clock.json',
  ];
  await eventually('everything writes', () =>
    written.every((name) => filesIn(dataDir).some((file) => file.endsWith(name))),
  );
  expect(openToOthers(dataDir)).toEqual([]);
  await home.stop();
  expect(openToOthers(dataDir)).toEqual([]);
  expect(filesIn(dataDir)).toEqual(expect.arrayContaining(['logs/portal.log', 'home-1/box/log.db']));
  forget(home);
}, 300_000);
