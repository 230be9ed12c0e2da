import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { importsOf } from '../../check/imports.ts';
import type { Room } from '../../check/room.ts';
import { breaches, type SourceTree, sourceTree } from '../../check/structure.ts';

function tree(sources: Record<string, string>): SourceTree {
  return {
    files: Object.keys(sources),
    read: (file) => sources[file] ?? '',
    packages: new Map([
      ['@wattward/broker', { dir: 'broker', exports: { './wire/*': './src/wire/*.ts' } }],
      ['@wattward/edge', { dir: 'edge', exports: { './core/*': './src/core/*.ts' } }],
    ]),
  };
}

describe('the structure check', () => {
  test.each([
    [
      'the portal imports the edge',
      { 'portal/server/a.ts': "import { b } from '@wattward/edge/core/b';", 'edge/src/core/b.ts': '' },
      /portal\/server\/ may not import from edge\/src\/core/,
    ],
    [
      'a package is entered by no door',
      { 'portal/a.ts': "import { b } from '@wattward/edge/agent';" },
      /is no door/,
    ],
    ['the core imports a package', { 'edge/src/core/a.ts': "import fs from 'node:fs';" }, /is pure/],
    [
      'the core imports a value of the wire',
      { 'edge/src/core/a.ts': "import { b } from '@wattward/broker/wire/b';", 'broker/src/wire/b.ts': '' },
      /only types/,
    ],
    [
      'hardware imports the wire',
      {
        'hardware/relay-board/a.ts': "import type { b } from '@wattward/broker/wire/b';",
        'broker/src/wire/b.ts': '',
      },
      /may not import/,
    ],
    [
      'two files import each other',
      { 'infra/a.ts': "import './b.ts';", 'infra/b.ts': "export { x } from './a.ts';" },
      /a circle: infra\/a.ts -> infra\/b.ts -> infra\/a.ts/,
    ],
    [
      'a file lies in a folder that no row names',
      { 'portal/features/weather/a.ts': '' },
      /its folder is no room/,
    ],
    ['a file lies in no room at all', { 'edge/a.ts': '' }, /its folder is no room/],
    ['a route grows thick', { 'portal/app/page.tsx': '\n'.repeat(60) }, /61 lines, at most 50/],
    [
      'a module of Node comes to a browser, two steps away',
      {
        'portal/features/live/a.tsx': "/** Shows. */\n'use client';\nimport { b } from './b.ts';",
        'portal/features/live/b.ts': "import { readFileSync } from 'node:fs';",
      },
      /live\/a.tsx -> portal\/features\/live\/b.ts -> node:fs: a browser would get it/,
    ],
    ['a name says nothing', { 'edge/src/utils.ts': '' }, /says nothing/],
    ['a file has outgrown its concept', { 'edge/src/long.ts': '\n'.repeat(400) }, /split it/],
    ['a stranger stands at the top level', { 'notes/todo.md': '' }, /does not belong/],
    [
      'a file is imported that is not there',
      { 'edge/src/a.ts': "import { x } from './gone.ts';" },
      /is no file/,
    ],
  ])('finds it when %s', (_, sources, expected) => {
    expect(breaches(tree(sources)).join('\n')).toMatch(expected);
  });

  test('lets through what the rooms allow', () => {
    const sources = {
      'edge/src/core/a.ts': "import type { B } from '@wattward/broker/wire/b';\nimport { c } from './c.ts';",
      'edge/src/core/c.ts': '',
      'broker/src/wire/b.ts': "import * as z from 'zod';",
      'device-sim/src/loop/run.ts': "import { a } from '@wattward/edge/core/a';",
      'portal/test/anything.ts': "import { a } from '@wattward/edge/core/a';",
    };
    expect(breaches(tree(sources))).toEqual([]);
  });

  test('reads every form of import', () => {
    const source =
      "import a from 'a';\nimport type { B } from 'b';\nimport {\n  c,\n} from 'c';\nexport * from 'd';\nimport 'e';\nconst f = await import('f');";
    expect(importsOf(source)).toEqual([
      { specifier: 'a', typeOnly: false },
      { specifier: 'b', typeOnly: true },
      { specifier: 'c', typeOnly: false },
      { specifier: 'd', typeOnly: false },
      { specifier: 'e', typeOnly: false },
      { specifier: 'f', typeOnly: false },
    ]);
  });
});

/** The repository as it stands, with one more file. */
function repositoryWith(planted: string, source: string): SourceTree {
  const root = path.resolve(import.meta.dirname, '../../..');
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = listed.split('\n').filter((file) => file && existsSync(path.join(root, file)));
  const tree = sourceTree(root, files);
  return {
    ...tree,
    files: [...files, planted],
    read: (file) => (file === planted ? source : tree.read(file)),
  };
}

describe('the walls of this repository', () => {
  test.each([
    [
      'a page that reads the database',
      'portal/features/history/planted.ts',
      "import { openDatabase } from '../../server/database/open.ts';",
      'portal/features/history/planted.ts: portal/features/history/ may not import from portal/server/database/ ("../../server/database/open.ts")',
    ],
    [
      'a page that borrows from another page',
      'portal/features/audit/planted.ts',
      "import type { SentenceKey } from '../cockpit/sentence.ts';",
      'portal/features/audit/planted.ts: portal/features/audit/ may not import from portal/features/cockpit/ ("../cockpit/sentence.ts")',
    ],
    [
      'live values that know of set-points, which know of them',
      'portal/server/live/planted.ts',
      "import type { Actor } from '../setpoints/proposals.ts';",
      'portal/server/live/planted.ts: portal/server/live/ may not import from portal/server/setpoints/ ("../setpoints/proposals.ts")',
    ],
    [
      'a link that reaches up into the cycle',
      'edge/src/link/planted.ts',
      "import type { PaceOptions } from '../cycle/pace.ts';",
      'edge/src/link/planted.ts: edge/src/link/ may not import from edge/src/cycle/ ("../cycle/pace.ts")',
    ],
    [
      'a store that writes what the journal makes of it',
      'edge/src/store/planted.ts',
      "import { journalCsv } from '../journal/csv.ts';",
      'edge/src/store/planted.ts: edge/src/store/ may not import from edge/src/journal/ ("../journal/csv.ts")',
    ],
  ])('hold against %s', (_, planted, source, breach) => {
    expect(breaches(repositoryWith(planted, source))).toEqual([breach]);
  });

  test('hold against a client file that imports what only the server may have', () => {
    const planted = 'portal/app/planted.tsx';
    const source = "'use client';\nimport { loadSites } from '@/server/pages/pages';";
    expect(breaches(repositoryWith(planted, source))).toContain(
      'portal/app/planted.tsx -> portal/server/pages/pages.ts: a browser would get it, and it belongs to the server',
    );
  });

  test('are in a table that allows no circle between two folders', () => {
    const rooms: Room[] = [
      { path: 'edge/src/link/', mayImport: ['edge/src/store/'] },
      { path: 'edge/src/store/', mayImport: [], typesOnly: ['edge/src/link/'] },
    ];
    expect(breaches(tree({}), rooms)).toEqual([
      'the table of rooms allows a circle: edge/src/link/ -> edge/src/store/ -> edge/src/link/',
    ]);
  });
});
