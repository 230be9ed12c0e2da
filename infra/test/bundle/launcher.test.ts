/** What a person sees who starts a bundle on a machine whose Node is missing, too old, or cannot run. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Bundle } from '../../build/bundle.ts';
import { onlyNode } from '../home-rig.ts';
import { Shipped } from './shipped.ts';

const LAUNCHERS: readonly (readonly [Bundle, string])[] = [
  ['edge', 'run'],
  ['edge', 'commission'],
  ['broker', 'run'],
];

let shipped: Record<Bundle, Shipped>;

beforeAll(async () => {
  const [edge, broker] = await Promise.all([Shipped.copy('edge'), Shipped.copy('broker')]);
  shipped = { edge, broker };
}, 120_000);

afterAll(() => {
  for (const bundle of Object.values(shipped ?? {})) bundle.remove();
});

/** A PATH with nothing but a program `node`, of this text. */
function pathWith(name: string, program: string): string {
  const dir = path.join(shipped.edge.dir, name);
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, 'node'), program);
  chmodSync(path.join(dir, 'node'), 0o755);
  return dir;
}

const says = (version: string) => `#!/bin/sh\necho "${version}"\n`;

describe.each(LAUNCHERS)('%s/%s', (bundle, launcher) => {
  const started = (PATH: string, ...args: string[]) => shipped[bundle].call(launcher, args, { PATH });

  test.each([
    ['no node at all', () => '/nonexistent', /^node-missing: .*there is no node on the PATH$/],
    [
      'a node of the year before',
      () => pathWith('v22', says('v22.20.0')),
      /^node-too-old: .*node is v22\.20\.0$/,
    ],
    [
      'a node from the stone age',
      () => pathWith('v0', says('v0.10.48')),
      /^node-too-old: .*node is v0\.10\.48$/,
    ],
    ['a node that says nothing', () => pathWith('mute', '#!/bin/sh\n'), /^node-too-old: .*node is $/],
    [
      'a node that does not run',
      () => pathWith('broken', '#!/bin/sh\necho "libatomic.so.1: cannot open" >&2\nexit 127\n'),
      /^node-broken: .*does not run: libatomic\.so\.1: cannot open$/,
    ],
  ])('%s is told in words, with where to get one', async (_, where, expected) => {
    const { code, stdout, stderr } = await started(where(), '--help');
    const [first, ...remedy] = stderr.trim().split('\n');
    expect([code, stdout]).toEqual([1, '']);
    expect(first).toMatch(expected);
    expect(first).toContain('Node 24 or newer is needed');
    expect(remedy.join(' ')).toContain('https://nodejs.org/en/download');
    expect(remedy).toHaveLength(2);
  });

  const old = olderNode();
  (old ? test : test.skip)('the older Node of this machine is told, not tried', async () => {
    const { code, stderr } = await started(path.dirname(old ?? ''), '--help');
    expect([code, stderr.split(':')[0]]).toEqual([1, 'node-too-old']);
  });

  test('it is found through a link and with blanks in its path', async () => {
    const dir = path.join(shipped[bundle].dir, `a folder for ${launcher}`);
    mkdirSync(dir);
    symlinkSync(path.join(shipped[bundle].dir, launcher), path.join(dir, 'linked'));
    const { code, stdout } = await shipped[bundle].call(
      path.relative(shipped[bundle].dir, path.join(dir, 'linked')),
      ['--help'],
      onlyNode(),
    );
    expect([code, stdout.slice(0, 6)]).toEqual([0, 'Usage:']);
  });
});

function olderNode(): string | undefined {
  return process.env.PATH?.split(':')
    .map((dir) => path.join(dir, 'node'))
    .find(
      (file) => existsSync(file) && Number(/\d+/.exec(String(execFileSync(file, ['--version'])))?.[0]) < 24,
    );
}
