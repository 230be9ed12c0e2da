/** Questions to the box, of the portal and of the installer, and their answers, matched by `transaction`. */
import * as z from 'zod';
import { version } from './schema.ts';

/** What the portal asks: none of it moves anything. */
export const VERBS = ['settings', 'replay', 'explain', 'logs', 'decisions'] as const;
export type Verb = (typeof VERBS)[number];

/** What the installer asks, at a door of its own. */
export const INSTALLER_VERBS = ['commission', 'identify', 'scan', 'device-test', 'settings'] as const;
export type InstallerVerb = (typeof INSTALLER_VERBS)[number];

const transaction = z.string().regex(/^[A-Za-z0-9-]{1,64}$/);

export const request = z.looseObject({ v: version, transaction });
export type Request = z.infer<typeof request>;

export const problem = z.object({ code: z.string(), message: z.string(), remedy: z.string() });

export const response = z.discriminatedUnion('status', [
  z.object({ v: version, transaction, status: z.literal('ok'), data: z.unknown() }),
  z.object({ v: version, transaction, status: z.literal('error'), error: problem }),
]);
export type Response = z.infer<typeof response>;
