/** Everything the server holds while it runs, put together once. */
import { Passwords, type ScryptCost } from './accounts/passwords.ts';
import { applyProvision, offerSetup, readProvision } from './accounts/provision.ts';
import { openDatabase } from './database/open.ts';
import type { PortalDatabase } from './database/schema.ts';
import { EmbeddedHistory } from './history/embedded/embedded-history.ts';
import { openFluxHistory } from './history/flux/flux-history.ts';
import type { PointSink } from './history/point-sink.ts';
import type { HistoryStore } from './history/store.ts';
import { type BrokerLink, linkToBroker } from './live/broker-link.ts';
import { keepContacts } from './live/contacts.ts';
import { LiveHub } from './live/hub.ts';
import { keepEvents } from './live/site-events.ts';
import { Viewers } from './live/viewers.ts';
import { Delivery } from './setpoints/delivery.ts';
import { Proposals } from './setpoints/proposals.ts';
import { signerAt } from './setpoints/signer-client.ts';
import type { PortalSettings } from './settings.ts';

export interface Portal {
  readonly settings: PortalSettings;
  readonly db: PortalDatabase;
  readonly passwords: Passwords;
  readonly hub: LiveHub;
  readonly viewers: Viewers;
  readonly link: Pick<BrokerLink, 'publish' | 'connected'>;
  readonly history: HistoryStore;
  /** Where boxes write; null when InfluxDB keeps the history. */
  readonly sink: PointSink | null;
  readonly delivery: Delivery;
  readonly proposals: Proposals;
  readonly nowMs: () => number;
  close(): Promise<void>;
}

export interface PortalOptions {
  readonly nowMs?: () => number;
  readonly scryptCost?: ScryptCost;
}

/** @throws StartError with a code and a remedy. */
export async function startPortal(settings: PortalSettings, options: PortalOptions = {}): Promise<Portal> {
  const nowMs = options.nowMs ?? Date.now;
  const provision = settings.provisionFile === null ? null : readProvision(settings.provisionFile);
  const db = await openDatabase(settings.dataDir);
  if (provision) await applyProvision(db, provision);
  await offerSetup(db, { ...settings, nowMs: nowMs() });
  const embedded = settings.influx ? null : new EmbeddedHistory(settings.dataDir, nowMs);
  const history = settings.influx ? openFluxHistory(settings.influx) : (embedded as EmbeddedHistory);
  const hub = new LiveHub(nowMs);
  const viewers = new Viewers();
  const contacts = await keepContacts(db, hub);
  const link = settings.broker ? linkToBroker(settings.broker, hub) : UNLINKED;
  keepEvents({ db, hub, link });
  const signer = signerAt(settings.signerSocket);
  const delivery = new Delivery({ db, hub, link, signer, nowMs });
  delivery.start();
  const { approverWaitMs } = settings;
  const proposals = new Proposals({ db, hub, delivery, signer, nowMs, approverWaitMs });
  return {
    settings,
    db,
    passwords: new Passwords(options.scryptCost),
    hub,
    viewers,
    link,
    history,
    sink: embedded,
    delivery,
    proposals,
    nowMs,
    async close() {
      viewers.close();
      await delivery.stop();
      await link.close();
      await contacts.close();
      await history.close();
      await db.destroy();
    },
  };
}

/** Without a broker (to look at history only) nothing is live and nothing can be sent. */
const UNLINKED: BrokerLink = {
  connected: false,
  publish: async () => undefined,
  close: async () => undefined,
};
