/**
 * A token for each site that may write to the raw bucket and nothing else, and one for the portal that may read. A
 * token of InfluxDB knows buckets, not tags: a site can write under another's name, so each has a token of its own
 * that can be taken away by itself.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Authorization, AuthorizationsAPI, type Permission } from '@influxdata/influxdb-client-apis';
import { type Change, InfluxSetupError, type Place } from './provision.ts';

export interface TokenInput {
  readonly sites: readonly string[];
  /** Ids of the buckets by level, from `provisionBuckets`. */
  readonly bucketIds: ReadonlyMap<string, string>;
  /** Directory of the token files: `<site>.token` and `portal.token`, mode 0600. */
  readonly directory: string;
  /** Whose token is made anew: site ids, or `portal`. */
  readonly renew: readonly string[];
}

interface WantedToken {
  readonly holder: string;
  readonly description: string;
  readonly permissions: Permission[];
}

export async function provisionTokens(place: Place, input: TokenInput): Promise<readonly Change[]> {
  const api = new AuthorizationsAPI(place.influx);
  const { authorizations = [] } = await api.getAuthorizations({ orgID: place.orgID });
  mkdirSync(input.directory, { recursive: true, mode: 0o700 });
  const changes: Change[] = [];
  for (const wanted of wantedTokens(place, input)) {
    const there = authorizations.filter(({ description }) => description === wanted.description);
    const file = path.join(input.directory, `${wanted.holder}.token`);
    const good = input.renew.includes(wanted.holder)
      ? undefined
      : there.find((one) => one.status === 'active' && hasExactly(one, wanted.permissions));
    for (const { id } of there) {
      if (id && id !== good?.id) await api.deleteAuthorizationsID({ authID: id });
    }
    const kept = good ?? (await api.postAuthorizations({ body: { orgID: place.orgID, ...asked(wanted) } }));
    const isWritten = keepFile(file, wanted.holder, kept);
    const did = good
      ? isWritten || there.length > 1
        ? 'changed'
        : 'unchanged'
      : there.length > 0
        ? 'changed'
        : 'created';
    changes.push({ what: 'token', name: wanted.description, did });
  }
  return changes;
}

function asked({ description, permissions }: WantedToken) {
  return { description, permissions, status: 'active' as const };
}

function wantedTokens({ bucket, orgID }: Place, { sites, bucketIds }: TokenInput): WantedToken[] {
  const permission = (action: 'read' | 'write', id: string): Permission => ({
    action,
    resource: { type: 'buckets', id, orgID },
  });
  const raw = bucketIds.get('raw') ?? '';
  return [
    ...sites.map((site) => ({
      holder: site,
      description: `Wattward: ${site} writes ${bucket}`,
      permissions: [permission('write', raw)],
    })),
    {
      holder: 'portal',
      description: `Wattward: portal reads ${bucket}`,
      permissions: [...bucketIds.values()].map((id) => permission('read', id)),
    },
  ];
}

function hasExactly({ permissions = [] }: Authorization, wanted: readonly Permission[]): boolean {
  const keys = (list: readonly Permission[]) =>
    list.map(({ action, resource }) => `${action} ${resource.type} ${resource.id}`).sort();
  return keys(permissions).join() === keys(wanted).join();
}

/** @returns whether the file had to be written. */
function keepFile(file: string, holder: string, { token }: Authorization): boolean {
  const held = existsSync(file) ? readFileSync(file, 'utf8').trim() : null;
  // Newer versions keep only a hash and tell a token once.
  if (!token && held !== null) return false;
  if (!token) {
    throw new InfluxSetupError(
      'influx-token-lost',
      `InfluxDB has a token for ${holder} but does not tell it, and ${file} is missing`,
      `Put the file back, or make a new token with --renew ${holder} and bring it to the box.`,
    );
  }
  if (held === token) return false;
  writeFileSync(file, `${token}\n`, { mode: 0o600 });
  return true;
}
