/** The decision core is covered to at least 98 % of its lines and branches, by its own tests alone. */
export default {
  rootDir: '../..',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  testMatch: ['<rootDir>/test/core/**/*.test.ts'],
  maxWorkers: 2,
  testTimeout: 90_000,
  collectCoverage: true,
  coverageProvider: 'v8',
  // Files of nothing but types have no code to run.
  collectCoverageFrom: ['src/core/**/*.ts', '!src/core/{decision,plan,rule,settings}.ts'],
  coverageReporters: [['text', { skipFull: true }]],
  coverageThreshold: { global: { lines: 98, branches: 98, functions: 98 } },
};
