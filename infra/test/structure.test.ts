import { describe, expect, test } from '@jest/globals';
import { breaches, importsOf, type SourceTree } from '../check/structure.ts';

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
      /portal\/ may not import from edge\/src\/core/,
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
      { 'edge/a.ts': "import './b.ts';", 'edge/b.ts': "export { x } from './a.ts';" },
      /a circle: edge\/a.ts -> edge\/b.ts -> edge\/a.ts/,
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
