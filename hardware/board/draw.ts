/**
 * Writes every drawing and the bill of materials from the netlist: `npm run draw-board`.
 * A test fails while what lies in `drawings/` is not what this would write.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { outputs } from './drawing/outputs.ts';

for (const [file, content] of outputs()) {
  const target = path.join(import.meta.dirname, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, content);
  console.log(file);
}
