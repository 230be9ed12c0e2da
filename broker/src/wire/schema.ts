/** Building blocks shared by all messages of the wire. */
import * as z from 'zod';
import { ID_PATTERN } from './topics.ts';

/** Largest payload, in bytes of UTF-8 JSON. */
export const MAX_PAYLOAD_BYTES = 65_536;

/** Protocol version of every message. A receiver refuses versions it does not know. */
export const version = z.literal(1);
export const id = z.string().regex(ID_PATTERN);
/** ISO 8601 UTC, e.g. `2026-11-21T06:47:00.000Z`. */
export const instant = z.iso.datetime();
export const finite = z.number();
export const nullableNumber = finite.nullable();
export const count = z.number().int().nonnegative();

/** Why something is as it is: the rule that decided, a stable code, and the numbers it decided on. */
export const reason = z.object({
  rule: z.string().max(40),
  code: z.string().max(60),
  params: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
export type Reason = z.infer<typeof reason>;
