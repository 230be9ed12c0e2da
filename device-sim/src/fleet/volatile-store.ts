/** A box's disk that forgets: for many light boxes in one process. Bounded, and honest about keeping nothing. */
import type { SiteEvent } from '@wattward/broker/wire/site';
import type { AgentOptions } from '@wattward/edge/agent';

type OpenStore = NonNullable<AgentOptions['openStore']>;
type Store = Awaited<ReturnType<OpenStore>>;

const MOST_EVENTS = 200;

export const openVolatileStore: OpenStore = async ({ site }): Promise<Store> => {
  const states = new Map<string, string>();
  let events: SiteEvent[] = [];
  let seq = 0;
  let accepted = 0;
  return {
    loadState: async (key) => states.get(key) ?? null,
    saveState: async (key, json) => {
      states.set(key, json);
      return 'memory';
    },
    recordPoints: (points) => {
      accepted += points.length;
    },
    recordSnapshot: () => {},
    recordMinute: () => {},
    recordSlot: () => {},
    recordDecisions: async () => 'memory',
    recordEvent: async (event, { wallMs }) => {
      seq += 1;
      // A simulated box always trusts its clock.
      const at = new Date(wallMs ?? 0).toISOString();
      events = [...events, { v: 1 as const, site, seq, at, ...event }].slice(-MOST_EVENTS);
      return 'memory';
    },
    pendingEvents: async (limit) => events.slice(0, limit),
    ackEvent: async (acknowledged) => {
      events = events.filter((event) => event.seq > acknowledged);
    },
    nextBatch: async () => null,
    settleBatch: async () => {},
    readDecisions: async () => [],
    verifyJournal: async () => ({ ok: true, records: 0, headHash: '' }),
    readSnapshots: async () => [],
    nextSnapshots: async () => null,
    readMinutes: async () => [],
    readSlots: async () => [],
    verifyMinutes: async () => ({ ok: true, records: 0, headHash: '' }),
    // Points are counted as dropped: nobody is going to deliver them.
    stats: () => ({
      ...{ acceptedPoints: accepted, deliveredPoints: 0, pendingPoints: 0, thinnedPoints: 0 },
      ...{ droppedPoints: accepted, quarantinedPoints: 0, pendingBytes: 0, oldestAgeS: 0 },
      ...{ bufferedPoints: 0, pendingEvents: events.length, diskOk: true },
    }),
    flush: async () => 'memory',
    onCommit: () => () => {},
    close: async () => {},
  };
};
