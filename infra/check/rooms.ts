/**
 * Who may import whom, as data. A room is named by the longest prefix that fits a file's path. Whatever is not
 * listed as allowed is forbidden. Tests and benchmarks may open any door, so they are not held to this table.
 */

export interface Room {
  /** Path prefix of the files it holds. */
  readonly path: string;
  /** Prefixes it may import values and types from, besides itself. */
  readonly mayImport: readonly string[];
  /** Prefixes it may import only types from. */
  readonly typesOnly?: readonly string[];
  /** Nothing of the platform and no package, but those named in `packages`. */
  readonly pure?: boolean;
  readonly packages?: readonly string[];
}

export const ROOMS: readonly Room[] = [
  { path: 'hardware/relay-board/', mayImport: [], pure: true },
  { path: 'hardware/', mayImport: ['hardware/relay-board/'] },
  { path: 'broker/src/wire/', mayImport: [], pure: true, packages: ['zod'] },
  { path: 'broker/src/access/', mayImport: ['broker/src/wire/'] },
  { path: 'broker/', mayImport: ['broker/src/wire/', 'broker/src/access/'] },
  { path: 'edge/src/core/', mayImport: [], typesOnly: ['broker/src/wire/'], pure: true },
  {
    path: 'edge/src/drive/',
    mayImport: ['broker/src/wire/', 'edge/src/core/'],
    typesOnly: ['edge/src/registers/', 'edge/src/settings/'],
    pure: true,
  },
  {
    path: 'edge/src/latch/',
    mayImport: ['edge/src/core/'],
    typesOnly: ['edge/src/drive/', 'edge/src/settings/'],
    pure: true,
  },
  { path: 'edge/src/registers/', mayImport: [], pure: true },
  { path: 'edge/src/plan/', mayImport: ['edge/src/core/'], typesOnly: ['broker/src/wire/'], pure: true },
  { path: 'edge/src/outbox/', mayImport: [], typesOnly: ['broker/src/wire/'], pure: true },
  {
    path: 'edge/src/setpoint/',
    mayImport: ['broker/src/wire/'],
    typesOnly: ['edge/src/core/'],
    pure: true,
  },
  {
    path: 'edge/src/settings/',
    mayImport: ['broker/src/wire/', 'edge/src/core/'],
    pure: true,
    packages: ['zod', 'yaml'],
  },
  {
    path: 'edge/',
    mayImport: [
      'broker/src/wire/',
      'edge/src/core/',
      'edge/src/drive/',
      'edge/src/latch/',
      'edge/src/registers/',
      'edge/src/plan/',
      'edge/src/outbox/',
      'edge/src/setpoint/',
      'edge/src/settings/',
    ],
  },
  { path: 'device-sim/src/physics/', mayImport: [], pure: true },
  {
    path: 'device-sim/',
    mayImport: [
      'hardware/relay-board/',
      'broker/src/wire/',
      'edge/src/core/',
      'edge/src/drive/',
      'edge/src/latch/',
      'edge/src/registers/',
      'edge/src/plan/',
      'edge/src/outbox/',
      'edge/src/setpoint/',
      'edge/src/settings/',
      'device-sim/src/physics/',
      'device-sim/src/fleet/',
    ],
  },
  // It alone may start whole boxes.
  { path: 'device-sim/src/fleet/', mayImport: ['broker/src/wire/', 'device-sim/', 'edge/'] },
  { path: 'portal/server/history/roll-ups/', mayImport: [] },
  { path: 'portal/', mayImport: ['broker/src/wire/', 'portal/server/history/roll-ups/'] },
  {
    path: 'infra/',
    // What the portal reads in InfluxDB is what the set-up makes there.
    mayImport: ['broker/src/wire/', 'broker/src/access/', 'portal/server/history/roll-ups/'],
  },
];

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
export const DATA_TABLES: readonly string[] = ['edge/src/registers/', 'broker/src/wire/reasons.ts'];
