/** What the structure check holds all rooms to, as data. */

/** What may stand at the top level. */
export const TOP_LEVEL: readonly string[] = [
  'edge',
  'device-sim',
  'portal',
  'broker',
  'infra',
  'hardware',
  'package.json',
  'package-lock.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  '.ci',
  '.gitignore',
  '.npmrc',
  'biome.json',
  'jest.config.js',
  'knip.json',
  'tsconfig.json',
  'tsconfig.base.json',
];

/** File names that say nothing about what a file holds. */
export const VAGUE_NAMES: readonly string[] = [
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'misc',
  'types',
  'index',
];

/** Longest source file, in lines. Tables of data are excepted by path. */
export const MAX_LINES = 350;
export const DATA_TABLES: readonly string[] = [
  'edge/src/registers/',
  'edge/src/catalogue/',
  'broker/src/wire/reasons.ts',
];
