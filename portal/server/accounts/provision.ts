/**
 * What the operator sets up from outside: the organisation and its sites, upserted at every start, and the one-time
 * link for the very first person.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ID_PATTERN } from '@wattward/broker/wire/topics';
import * as z from 'zod';
import { plainName } from '../bounds/plain-text.ts';
import type { PortalDatabase } from '../database/schema.ts';
import { StartError } from '../problems/start-error.ts';
import { ALL_SITES } from '../rights/permissions.ts';
import { makeLink, SETUP_MS } from './people.ts';

const id = z.string().regex(ID_PATTERN);
const zone = z.string().refine(isZone, 'is no IANA time zone such as Europe/Berlin');
const provision = z.object({
  organisation: z.object({ id, name: plainName() }),
  sites: z.array(
    z.object({
      id,
      name: plainName(),
      zone,
      writeTokenSha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'),
    }),
  ),
});
export type Provision = z.infer<typeof provision>;

/** @throws StartError naming every field that is wrong. */
export function readProvision(file: string): Provision {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StartError('bad-provision', `the provision file ${file} cannot be read: ${why}`, REMEDY, {
      cause,
    });
  }
  const parsed = provision.safeParse(data);
  if (parsed.success) return parsed.data;
  const mistakes = parsed.error.issues.map(
    (issue) => `${issue.path.join('.') || '(file)'}: ${issue.message}`,
  );
  throw new StartError('bad-provision', `${file}: ${mistakes.join('; ')}`, REMEDY);
}
const REMEDY = 'Mend the file named by WATTWARD_PROVISION and start again.';

/** Writes organisation and sites; sites that are not named stay as they are. */
export async function applyProvision(db: PortalDatabase, { organisation, sites }: Provision): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await trx
      .insertInto('organisation')
      .values(organisation)
      .onConflict((conflict) => conflict.column('id').doUpdateSet({ name: organisation.name }))
      .execute();
    for (const site of sites) {
      const values = {
        org_id: organisation.id,
        name: site.name,
        zone: site.zone,
        write_token_sha256: site.writeTokenSha256,
      };
      await trx
        .insertInto('site')
        .values({ ...values, site_id: site.id, last_contact_ms: null })
        .onConflict((conflict) => conflict.column('site_id').doUpdateSet(values))
        .execute();
    }
  });
}

export function setupLinkFile(dataDir: string): string {
  return join(dataDir, 'setup-link.txt');
}

/**
 * As long as nobody has an account: a fresh one-time link in `<dataDir>/setup-link.txt` (mode 0600), the ones before
 * it void. Once somebody has: no file.
 * @returns the link, or null when it is not needed (any more).
 */
export async function offerSetup(
  db: PortalDatabase,
  at: { readonly dataDir: string; readonly publicUrl: string; readonly nowMs: number },
): Promise<string | null> {
  const file = setupLinkFile(at.dataDir);
  const organisation = await db.selectFrom('organisation').select('id').orderBy('id').executeTakeFirst();
  const anybody = await db.selectFrom('person').select('id').limit(1).executeTakeFirst();
  await db.deleteFrom('link').where('kind', '=', 'setup').execute();
  rmSync(file, { force: true });
  if (anybody || !organisation) return null;
  const token = await makeLink(db, {
    kind: 'setup',
    org_id: organisation.id,
    email: null,
    grants: [
      { role: 'admin', site: ALL_SITES },
      { role: 'owner', site: ALL_SITES },
    ],
    created_by: null,
    expires_ms: at.nowMs + SETUP_MS,
  });
  const link = `${at.publicUrl}/setup?token=${token}`;
  writeFileSync(file, `${link}\n`, { mode: 0o600 });
  return link;
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
