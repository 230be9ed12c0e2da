/** What the web process asks the signing process: one JSON object a connection. */
import { setpoint } from '@wattward/broker/wire/setpoint';
import * as z from 'zod';

/** What a proposal is about, to the last digit: a proof holds for this and nothing else. */
const matter = z.object({
  id: z.string().min(8).max(64),
  site: z.string().min(1).max(64),
  kind: z.string().max(40),
  value: z.record(z.string(), z.unknown()),
  durationMs: z.number().int().positive(),
});
export type Matter = z.infer<typeof matter>;

const session = z.string().max(100);
const proof = z.string().max(2000);

export const signingRequest = z.discriminatedUnion('ask', [
  /** Notes that the person behind the session proposes it. */
  z.object({ ask: z.literal('propose'), session, matter }),
  /** Notes that the person behind the session, another one, approves what was proposed. */
  z.object({ ask: z.literal('approve'), session, matter, proposed: proof }),
  /** Notes that the person behind the session wants the set-point `id` ended. */
  z.object({ ask: z.literal('revoke'), session, site: z.string().max(64), id: z.string().max(64) }),
  /** A set-point without the names of its people: the signer puts them in by the proof. */
  z.object({ ask: z.literal('sign'), proof, draft: z.record(z.string(), z.unknown()) }),
]);
export type SigningRequest = z.infer<typeof signingRequest>;

export const REFUSALS = [
  'malformed',
  'no-session',
  'no-right',
  'bad-proof',
  'proof-over',
  'own-proposal',
  'linked-approver',
  'too-long',
  'people-unreadable',
] as const;
export type SigningRefusal = (typeof REFUSALS)[number];

export const signingAnswer = z.union([
  z.object({ proof }),
  z.object({ setpoint }),
  z.object({ error: z.object({ code: z.enum(REFUSALS), message: z.string() }) }),
]);
export type SigningAnswer = z.infer<typeof signingAnswer>;

/** Longest request in UTF-16 units. */
export const MOST_REQUEST_LENGTH = 32_768;
