/**
 * The newest word of every site, from one MQTT client. Presence goes by the age of the live state, the last will
 * only shortens it: a retained "online" of a box that is gone must not look alive.
 */

import type { SetpointAck } from '@wattward/broker/wire/setpoint';
import type { SiteDescription, SiteEvent, SiteState } from '@wattward/broker/wire/site';
import type { Connection } from '../../contract/api.ts';

/** A box is away when its live state, due every second, is this old. */
export const AWAY_AFTER_MS = 15_000;

export type LiveEvent =
  | { readonly type: 'state'; readonly state: SiteState }
  | { readonly type: 'connection'; readonly connection: Connection; readonly lastContact: string | null }
  | { readonly type: 'proposals' };

export interface SiteLive {
  readonly description: SiteDescription | null;
  readonly state: SiteState | null;
  readonly connection: Connection;
  /** Portal clock; null when the box was never heard of. */
  readonly lastContactMs: number | null;
}

/** What others do with the words of a site. */
export interface HubListeners {
  readonly ack?: (site: string, ack: SetpointAck) => void;
  readonly event?: (site: string, event: SiteEvent) => void;
  readonly description?: (site: string, description: SiteDescription) => void;
}

interface Entry {
  description: SiteDescription | null;
  state: SiteState | null;
  availability: 'online' | 'offline' | null;
  stateReceivedMs: number | null;
  lastContactMs: number | null;
  connection: Connection;
  readonly viewers: Set<(event: LiveEvent) => void>;
}

export class LiveHub {
  readonly #entries = new Map<string, Entry>();
  readonly #listeners: HubListeners[] = [];
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  listen(listeners: HubListeners): void {
    this.#listeners.push(listeners);
  }

  site(site: string): SiteLive {
    const { description, state, connection, lastContactMs } = this.#entry(site);
    return { description, state, connection, lastContactMs };
  }

  /**
   * What time it is at the site: its newest state's plus what has passed since, or the portal's when it never spoke.
   * A simulated site may live in another year, and faster. Epoch ms.
   */
  siteNowMs(site: string): number {
    const { state, stateReceivedMs } = this.#entry(site);
    const nowMs = this.#nowMs();
    return state ? Date.parse(state.at) + Math.max(0, nowMs - (stateReceivedMs ?? nowMs)) : nowMs;
  }

  /** @returns a function that ends it. */
  view(site: string, viewer: (event: LiveEvent) => void): () => void {
    const { viewers } = this.#entry(site);
    viewers.add(viewer);
    return () => viewers.delete(viewer);
  }

  /** How many watch the site at present. */
  viewers(site: string): number {
    return this.#entry(site).viewers.size;
  }

  /** Tells viewers that proposals of the site changed. */
  proposalsChanged(site: string): void {
    this.#tell(site, { type: 'proposals' });
  }

  /** Contact remembered from before a restart. */
  remember(site: string, lastContactMs: number): void {
    const entry = this.#entry(site);
    entry.lastContactMs ??= lastContactMs;
    this.#assess(site);
  }

  takeDescription(site: string, description: SiteDescription): void {
    this.#entry(site).description = description;
    for (const listener of this.#listeners) listener.description?.(site, description);
  }

  takeAvailability(site: string, availability: 'online' | 'offline'): void {
    this.#entry(site).availability = availability;
    this.#assess(site);
  }

  takeState(site: string, state: SiteState): void {
    const entry = this.#entry(site);
    entry.state = state;
    entry.stateReceivedMs = this.#nowMs();
    entry.lastContactMs = entry.stateReceivedMs;
    // A live state is a stronger sign of life than a last will that came before it.
    entry.availability = 'online';
    this.#assess(site);
    this.#tell(site, { type: 'state', state });
  }

  takeAck(site: string, ack: SetpointAck): void {
    this.#entry(site).lastContactMs = this.#nowMs();
    for (const listener of this.#listeners) listener.ack?.(site, ack);
  }

  takeEvent(site: string, event: SiteEvent): void {
    this.#entry(site).lastContactMs = this.#nowMs();
    for (const listener of this.#listeners) listener.event?.(site, event);
  }

  /** To be called about once a second: notices who has fallen silent. */
  tick(): void {
    for (const site of this.#entries.keys()) this.#assess(site);
  }

  #assess(site: string): void {
    const entry = this.#entry(site);
    const before = entry.connection;
    entry.connection = this.#connectionOf(entry);
    if (entry.connection === before) return;
    const { connection, lastContactMs } = entry;
    const lastContact = lastContactMs === null ? null : new Date(lastContactMs).toISOString();
    this.#tell(site, { type: 'connection', connection, lastContact });
  }

  #connectionOf(entry: Entry): Connection {
    if (entry.lastContactMs === null) return 'never-seen';
    const fresh = entry.stateReceivedMs !== null && this.#nowMs() - entry.stateReceivedMs <= AWAY_AFTER_MS;
    return fresh && entry.availability !== 'offline' ? 'online' : 'offline';
  }

  #tell(site: string, event: LiveEvent): void {
    for (const viewer of this.#entry(site).viewers) viewer(event);
  }

  #entry(site: string): Entry {
    let entry = this.#entries.get(site);
    if (!entry) {
      entry = {
        description: null,
        state: null,
        availability: null,
        stateReceivedMs: null,
        lastContactMs: null,
        connection: 'never-seen',
        viewers: new Set(),
      };
      this.#entries.set(site, entry);
    }
    return entry;
  }
}
