/** Tests in a real browser against a home started as a person starts it. They share the machine, so one at a time. */
export default {
  rootDir: '../..',
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {},
  testMatch: ['<rootDir>/infra/browser/**/*.browser.ts'],
  modulePathIgnorePatterns: ['<rootDir>/portal/.next/'],
  maxWorkers: 1,
  testTimeout: 180_000,
};
