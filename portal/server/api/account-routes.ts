/** Routes about people: set-up, sessions, invitations. */

import { rmSync } from 'node:fs';
import * as z from 'zod';
import { ROLES } from '../../contract/api.ts';
import { LONGEST_EMAIL } from '../accounts/identity.ts';
import { rememberPlace } from '../accounts/known-places.ts';
import { acceptLink, invite, meOf, peopleOf, signIn } from '../accounts/people.ts';
import { setupLinkFile } from '../accounts/provision.ts';
import { callerOf, closeSession, openSession } from '../accounts/sessions.ts';
import { plainName } from '../bounds/plain-text.ts';
import { ProblemError } from '../problems/problem.ts';
import { ALL_SITES } from '../rights/permissions.ts';
import type { OrganisationCall, PublicCall, SignedInCall } from './call.ts';
import {
  clientAddress,
  json,
  placeCookie,
  placeToken,
  readBody,
  sessionCookie,
  sessionToken,
} from './http.ts';

const email = z.string().trim().max(LONGEST_EMAIL).pipe(z.email());
const setupInput = z.object({
  token: z.string().min(1).max(200),
  name: plainName(),
  email,
  password: z.string().max(1000),
});
const credentials = z.object({ email: z.string().max(200), password: z.string().max(1000) });
const inviteInput = z.object({
  email,
  roles: z.array(z.enum(ROLES)).min(1).max(ROLES.length),
  site: z.string().max(64).default(ALL_SITES),
});

export async function setUp(call: PublicCall): Promise<Response> {
  const input = await readBody(call.request, setupInput);
  const { db, passwords, nowMs, settings } = call.portal;
  const id = await acceptLink(db, passwords, { ...input, kind: 'setup' }, nowMs());
  rmSync(setupLinkFile(settings.dataDir), { force: true });
  return beginSession(call, id);
}

export async function acceptInvitation(call: PublicCall): Promise<Response> {
  const input = await readBody(call.request, setupInput);
  const { db, passwords, nowMs } = call.portal;
  return beginSession(call, await acceptLink(db, passwords, { ...input, kind: 'invitation' }, nowMs()));
}

export async function beginSignIn(call: PublicCall): Promise<Response> {
  const input = await readBody(call.request, credentials);
  const { headers, signal } = call.request;
  const from = { address: clientAddress(headers), place: placeToken(headers), gone: signal };
  return beginSession(call, await signIn(call.portal, input, from));
}

/** A new token at every sign-in; the one before it ends. */
async function beginSession(call: PublicCall, personId: string): Promise<Response> {
  const { db, nowMs, viewers } = call.portal;
  const before = sessionToken(call.request.headers);
  if (before !== null) {
    await closeSession(db, before);
    viewers.endSession(before);
  }
  const token = await openSession(db, personId, nowMs());
  const caller = await callerOf(db, token, nowMs());
  if (!caller) throw new ProblemError('internal');
  const cookie = sessionCookie(call.request.headers, token);
  const response = json(await meOf(db, caller), { headers: { 'set-cookie': cookie } });
  const place = await rememberPlace(db, personId, {
    before: placeToken(call.request.headers),
    nowMs: nowMs(),
  });
  response.headers.append('set-cookie', placeCookie(call.request.headers, place));
  return response;
}

export async function showSession({ portal, caller }: SignedInCall): Promise<Response> {
  return json(await meOf(portal.db, caller));
}

export async function endSession(call: SignedInCall): Promise<Response> {
  await closeSession(call.portal.db, call.token);
  call.portal.viewers.endSession(call.token);
  return new Response(null, {
    status: 204,
    headers: { 'set-cookie': sessionCookie(call.request.headers, null), 'cache-control': 'no-store' },
  });
}

export async function listPeople({ portal, org }: OrganisationCall): Promise<Response> {
  return json(await peopleOf(portal.db, org, portal.nowMs()));
}

export async function invitePerson({ portal, caller, org, request }: OrganisationCall): Promise<Response> {
  const input = await readBody(request, inviteInput);
  const made = await invite(portal.db, caller, org, input, portal.nowMs());
  return json(
    {
      link: `${portal.settings.publicUrl}/invite?token=${made.token}`,
      expires: new Date(made.expiresMs).toISOString(),
    },
    { status: 201 },
  );
}
