/** Takes over the events of the boxes: once one lies in the table, its box is told that it may forget it. */
import type { SiteEvent } from '@wattward/broker/wire/site';
import type { PortalDatabase } from '../database/schema.ts';
import { errorText, log } from '../problems/log.ts';
import type { BrokerLink } from './broker-link.ts';
import type { LiveHub } from './hub.ts';

interface Context {
  readonly db: PortalDatabase;
  readonly hub: LiveHub;
  readonly link: Pick<BrokerLink, 'publish'>;
}

export function keepEvents(context: Context): void {
  context.hub.listen({
    event: (site, event) => {
      keep(context, site, event).catch((error) =>
        log.warn('event not kept', { site, problem: errorText(error) }),
      );
    },
  });
}

async function keep({ db, link }: Context, site: string, event: SiteEvent): Promise<void> {
  const owner = await db.selectFrom('site').select('org_id').where('site_id', '=', site).executeTakeFirst();
  if (!owner) return;
  await db
    .insertInto('site_event')
    .values({
      org_id: owner.org_id,
      site_id: site,
      seq: event.seq,
      at_ms: Date.parse(event.at),
      severity: event.severity,
      code: event.code,
      params_json: JSON.stringify(event.params),
    })
    .onConflict((conflict) => conflict.columns(['site_id', 'seq', 'at_ms']).doNothing())
    .execute();
  await link.publish('siteEventAck', { siteId: site }, { v: 1, seq: event.seq });
}
