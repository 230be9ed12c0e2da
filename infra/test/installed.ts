/** Independent programs some tests compare with; a test without its program is reported as skipped. */
import { execFileSync } from 'node:child_process';
import { test } from '@jest/globals';

export function testWith(program: string): typeof test | typeof test.skip {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return test;
  } catch {
    console.warn(`${program} is not installed: what it would have checked is skipped`);
    return test.skip;
  }
}
