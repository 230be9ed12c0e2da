/**
 * Planted bugs. The campaign is worth what it catches: each entry changes one line of the code under test while it
 * is loaded, and some seed must then break an invariant. A capability that joins adds its own lines here; `find` has
 * to stand exactly once in the file, or the run says so.
 */
import { CONTROL_MUTANTS } from './control-mutants.ts';
import type { Mutant } from './mutant.ts';
import { RECORD_MUTANTS } from './record-mutants.ts';

export const MUTANTS: readonly Mutant[] = [...CONTROL_MUTANTS, ...RECORD_MUTANTS];
