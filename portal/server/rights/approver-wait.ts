/** How long an account does not approve what its maker proposes: a setting that portal and signer read alike. */
import * as z from 'zod';

const DEFAULT_DAYS = 7;
const days = z.coerce.number().int().min(0).max(365);

/** @returns milliseconds; null for a setting that cannot be read. */
export function approverWaitMs(env: Readonly<Record<string, string | undefined>>): number | null {
  const read = days.safeParse(env.WATTWARD_APPROVER_WAIT_DAYS || DEFAULT_DAYS);
  return read.success ? read.data * 86_400_000 : null;
}
