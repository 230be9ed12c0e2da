/** Everything that can be done with a running home. */
import { HOME_OPERATIONS } from './home-operations.ts';
import { OBJECT_OPERATIONS } from './object-operations.ts';
import type { Operation } from './operation.ts';

export const OPERATIONS: readonly Operation[] = [...OBJECT_OPERATIONS, ...HOME_OPERATIONS];
