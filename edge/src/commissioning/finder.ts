/**
 * Which relay boards are on the home bus, of whatever make, and what they say of themselves. It listens only from
 * the moment an installer opens the window. Retained messages tell who was ever here; only live ones tell who is.
 * Commands that lie retained are ghosts: a bought board obeys them at every reconnect.
 */
import type { Message } from '@wattward/broker/wire/message';
import { BOARDS, type Protocol } from '../catalogue/boards.ts';
import type { Dialect } from '../catalogue/dialect.ts';
import type { ForeignHeard } from '../drive/ports.ts';
import type { MqttBus } from '../link/mqtt-bus.ts';
import type { Hardware } from './stages.ts';

/** Bought boards of one kind. */
interface Make {
  readonly id: Protocol;
  readonly dialect: Dialect;
}

export interface Sighting extends Hardware {
  readonly online: boolean;
  /** First 16 hex digits of SHA-256 of its label code; empty for boards that have none. */
  readonly claim: string;
  /** It says nothing but hello: it waits for its own secret. */
  readonly unclaimed: boolean;
  readonly lastHeardMonoMs: number | null;
  readonly lastWillMonoMs: number | null;
  /** The relay that moved last: of an own board by its button, of a bought one by whatever. */
  readonly lastMoved: { readonly channel: number; readonly atMonoMs: number } | null;
  readonly ghosts: readonly string[];
}

type Draft = { -readonly [K in keyof Sighting]: Sighting[K] };

export class Finder {
  readonly #bus: MqttBus;
  readonly #monoMs: () => number;
  readonly #found = new Map<string, Draft>();
  readonly #relays = new Map<string, boolean>();
  #listening = false;

  constructor(bus: MqttBus, monoMs: () => number) {
    this.#bus = bus;
    this.#monoMs = monoMs;
  }

  listen(): void {
    if (this.#listening) return;
    this.#listening = true;
    this.#listenToOwn();
    for (const { id, dialect } of BOARDS) if (dialect) this.#listenTo({ id, dialect });
  }

  #listenTo(make: Make): void {
    const { dialect } = make;
    for (const filter of [...dialect.hears('+'), ...dialect.announces]) {
      this.#bus.subscribeForeign(filter, (heard) => this.#hear(make, heard));
    }
    for (const filter of dialect.commands('+')) {
      this.#bus.subscribeForeign(filter, (heard) => this.#ghost(make, heard));
    }
  }

  get sightings(): readonly Sighting[] {
    return [...this.#found.values()].sort((a, b) => a.device.localeCompare(b.device));
  }

  sighting(device: string): Sighting | undefined {
    return this.#found.get(device);
  }

  #listenToOwn(): void {
    this.#bus.subscribe('boardHello', {}, ({ message, retained }) => {
      const { board, mac, model, firmware, channels, claim } = message;
      const draft = this.#draft(board, 'wattward');
      Object.assign(draft, { mac: mac.replaceAll(':', ''), model, firmware, channels, claim });
      if (claim === '') draft.unclaimed = false;
      if (!retained && !draft.unclaimed) this.#alive(draft);
    });
    this.#bus.subscribe('boardState', {}, ({ ids, message, retained }) => {
      const draft = this.#draft(ids.boardId ?? message.board, 'wattward');
      draft.unclaimed = false;
      this.#pressed(draft, message.channels, retained);
      if (!retained) this.#alive(draft);
    });
    this.#bus.subscribe('boardButton', {}, ({ message }) => {
      const draft = this.#draft(message.board, 'wattward');
      draft.lastMoved = { channel: message.channel, atMonoMs: this.#monoMs() };
    });
    this.#bus.subscribe('boardAvailability', {}, ({ ids, message, retained }) => {
      if (!ids.boardId) return;
      const draft = this.#draft(ids.boardId, 'wattward');
      draft.unclaimed = false;
      this.#presence(draft, message === 'online', retained);
    });
    this.#bus.subscribe('boardCommand', {}, ({ ids, retained }) => {
      if (retained && ids.boardId)
        this.#addGhost(this.#draft(ids.boardId, 'wattward'), `board/${ids.boardId}/command`);
    });
  }

  #hear({ id, dialect }: Make, { path, text, retained }: ForeignHeard): void {
    const device = dialect.idIn(path);
    if (!device) return;
    const fresh = !this.#found.has(device);
    const draft = this.#draft(device, id);
    for (const fact of dialect.read(device, path, text)) {
      if (fact.type === 'identity') {
        if (fact.mac) draft.mac = fact.mac;
        if (fact.model) draft.model = fact.model;
        if (fact.firmware) draft.firmware = fact.firmware;
      } else if (fact.type === 'presence') this.#presence(draft, fact.online, retained);
      else if (fact.type === 'relay') {
        draft.channels = Math.max(draft.channels, fact.channel);
        this.#moved(draft, fact.channel, fact.on, retained);
      } else if (fact.type === 'alive' && !retained) this.#alive(draft);
    }
    if (fresh)
      for (const { path: to, text: question } of dialect.greet(device, []))
        this.#bus.publishForeign(to, question);
  }

  #ghost({ id, dialect }: Make, { path, text, retained }: ForeignHeard): void {
    const device = dialect.idIn(path);
    if (retained && text !== '' && device) this.#addGhost(this.#draft(device, id), path);
  }

  #addGhost(draft: Draft, path: string): void {
    if (!draft.ghosts.includes(path)) draft.ghosts = [...draft.ghosts, path];
  }

  #presence(draft: Draft, online: boolean, retained: boolean): void {
    draft.online = online;
    if (retained) return;
    if (online) this.#alive(draft);
    else draft.lastWillMonoMs = this.#monoMs();
  }

  #alive(draft: Draft): void {
    draft.online = true;
    draft.lastHeardMonoMs = this.#monoMs();
  }

  /** An own board says itself what moved its relay. */
  #pressed(draft: Draft, channels: Message<'boardState'>['channels'], retained: boolean): void {
    for (const { channel, on, cause } of channels) {
      const key = `${draft.device}/${channel}`;
      const before = this.#relays.get(key);
      this.#relays.set(key, on);
      if (!retained && cause === 'button' && before !== on)
        draft.lastMoved = { channel, atMonoMs: this.#monoMs() };
    }
  }

  #moved(draft: Draft, channel: number, on: boolean, retained: boolean): void {
    const key = `${draft.device}/${channel}`;
    const before = this.#relays.get(key);
    this.#relays.set(key, on);
    if (!retained && before !== undefined && before !== on) {
      draft.lastMoved = { channel, atMonoMs: this.#monoMs() };
    }
  }

  #draft(device: string, protocol: Protocol): Draft {
    const known = this.#found.get(device);
    if (known) return known;
    const draft: Draft = {
      device,
      protocol,
      mac: '',
      model: '',
      firmware: '',
      channels: 0,
      online: false,
      claim: '',
      unclaimed: protocol === 'wattward',
      lastHeardMonoMs: null,
      lastWillMonoMs: null,
      lastMoved: null,
      ghosts: [],
    };
    this.#found.set(device, draft);
    return draft;
  }
}
