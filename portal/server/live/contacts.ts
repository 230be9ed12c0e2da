/** Remembers on disk when each box was last heard of, so that a restart of the portal does not forget. */
import type { PortalDatabase } from '../database/schema.ts';
import { errorText, log } from '../problems/log.ts';
import type { LiveHub } from './hub.ts';

const WRITE_EVERY_MS = 60_000;

export async function keepContacts(
  db: PortalDatabase,
  hub: LiveHub,
): Promise<{ readonly close: () => Promise<void> }> {
  const sites = await db.selectFrom('site').select(['site_id', 'last_contact_ms']).execute();
  for (const row of sites) {
    if (row.last_contact_ms !== null) hub.remember(row.site_id, row.last_contact_ms);
  }
  const write = async () => {
    for (const { site_id } of await db.selectFrom('site').select('site_id').execute()) {
      const { lastContactMs } = hub.site(site_id);
      if (lastContactMs === null) continue;
      await db
        .updateTable('site')
        .set({ last_contact_ms: lastContactMs })
        .where('site_id', '=', site_id)
        .where((where) =>
          where.or([where('last_contact_ms', 'is', null), where('last_contact_ms', '<', lastContactMs)]),
        )
        .execute();
    }
  };
  const ticker = setInterval(() => {
    write().catch((error) => log.error('contacts cannot be kept', { problem: errorText(error) }));
  }, WRITE_EVERY_MS);
  ticker.unref();
  return {
    async close() {
      clearInterval(ticker);
      await write();
    },
  };
}
