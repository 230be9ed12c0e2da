/** One jest project a room; `npm test` runs them all. */
const project = (room) => ({
  displayName: room,
  rootDir: room,
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  transform: {},
  testMatch: ['<rootDir>/**/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.next/'],
});

export default {
  maxWorkers: 2,
  testTimeout: 90_000,
  projects: [
    ...['hardware', 'broker', 'edge', 'device-sim', 'infra'].map(project),
    // What ships is what is tested: its tests meet the built server.
    { ...project('portal'), globalSetup: `${import.meta.dirname}/portal/test/build-once.ts` },
  ],
};
