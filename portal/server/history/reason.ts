import type { Reason } from '@wattward/broker/wire/schema';

/** A stored reason; one that cannot be read still shows its code. */
export function readReason(json: string, code: string): Reason {
  try {
    const read = JSON.parse(json) as Partial<Reason>;
    return { rule: read.rule ?? '', code: read.code ?? code, params: read.params ?? {} };
  } catch {
    return { rule: '', code, params: {} };
  }
}
