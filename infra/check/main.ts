/** `npm run check`: format and lint, types, unused code, structure; all of them, side by side, then one verdict. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { breaches, sourceTree } from './structure.ts';

const root = path.resolve(import.meta.dirname, '../..');

interface Verdict {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
}

function tool(name: string, bin: string, args: readonly string[]): Promise<Verdict> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [path.join(root, 'node_modules', bin), ...args],
      { cwd: root, maxBuffer: 1 << 26 },
      (error, stdout, stderr) => resolve({ name, ok: error === null, output: `${stdout}${stderr}` }),
    );
  });
}

function structure(): Verdict {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = listed.split('\n').filter((file) => file && existsSync(path.join(root, file)));
  const found = breaches(sourceTree(root, files));
  return { name: 'structure', ok: found.length === 0, output: found.join('\n') };
}

const verdicts = [
  structure(),
  ...(await Promise.all([
    tool('biome', '@biomejs/biome/bin/biome', ['check', '--error-on-warnings']),
    tool('types', 'typescript/bin/tsc', ['-b']),
    tool('knip', 'knip/bin/knip.js', ['--no-progress']),
  ])),
];
for (const { name, ok, output } of verdicts) {
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${name}`);
  if (!ok) console.log(output.trimEnd());
}
process.exitCode = verdicts.every(({ ok }) => ok) ? 0 : 1;
