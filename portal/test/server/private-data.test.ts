import { execFile } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { startBuiltPortal } from '../built-portal.ts';
import { startSigner } from '../signer-process.ts';

const BACKUP = join(import.meta.dirname, '../../backup/main.ts');
/** As the rig writes them, before the portal is there. */
const RIG = ['provision.json'];

function openToOthers(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' })
    .filter((name) => !RIG.includes(name))
    .flatMap((name) => {
      const { mode } = lstatSync(join(dir, name));
      return (mode & 0o077) === 0 ? [] : [`${name} ${(mode & 0o777).toString(8)}`];
    });
}

test('what portal and signer write, databases from before among it, and a backup are for their user only', async () => {
  const at = await startBuiltPortal();
  const signer = await startSigner(at.dataDir);
  await at.person('owner');
  await at.write('home-1', `site,site=home-1 gridPowerW=1 ${Date.now()}`);
  expect(openToOthers(at.dataDir)).toEqual([]);
  await signer.stop();
  for (const name of ['portal.db', 'history.db']) chmodSync(join(at.dataDir, name), 0o644);
  await at.restart();
  expect(openToOthers(at.dataDir)).toEqual([]);
  const target = mkdtempSync(join(tmpdir(), 'wattward-backup-'));
  // Also where the place is somebody else's idea.
  mkdirSync(join(target, 'open'));
  chmodSync(join(target, 'open'), 0o755);
  for (const dir of ['new', 'open']) {
    const to = join(target, dir);
    await promisify(execFile)(process.execPath, [BACKUP, '--data', at.dataDir, '--to', to]);
    expect(readdirSync(to).sort()).toEqual(['history.db', 'portal.db']);
    expect(openToOthers(to)).toEqual([]);
  }
  rmSync(target, { recursive: true, force: true });
  await at.stop();
});
