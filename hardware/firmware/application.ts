/**
 * The board as a whole: the state machine in the middle, and around it the pins, the link, the button, what is kept
 * in flash, and the set-up. Everything comes in by a call with the time, everything goes out by a port.
 *
 * Order at the start: coils without supply, pins low, state machine booted, pins where it wants them, supply
 * released; only then a network is joined.
 */
import type { PinMap } from '../board/pin-map.ts';
import { step } from '../relay-board/machine.ts';
import {
  type BoardEvent,
  type BoardState,
  type Effect,
  type Identity,
  unpowered,
} from '../relay-board/state.ts';
import { type Access, BoardStore } from './board-store.ts';
import { downTopic } from './board-topics.ts';
import { ButtonPresses } from './button-presses.ts';
import { claimCode, claimFingerprint } from './claim.ts';
import { parseCommand, parseConfig, parseCredential, parseIdentify } from './inbound.ts';
import type { Received } from './inbox.ts';
import { LinkKeeper } from './link-keeper.ts';
import { Outbox } from './outbox.ts';
import type { Health, MqttPort, PinPort, PlatformPort, RadioPort, SettingsPort, TextPort } from './ports.ts';
import { RelayPins } from './relay-pins.ts';

/** Without a link for so long the board restarts, if every relay is in its safe state: a radio may hang. */
export const RESTART_AFTER_MS = 900_000;
/** With less free memory than this it restarts, under the same condition. */
export const LEAST_HEAP_BYTES = 3000;
/** The set-up asked for by the button closes by itself. */
export const SETUP_OPEN_MS = 600_000;

export interface SetupPort {
  open(page: { readonly board: string; readonly claim: string; readonly password: string }): void;
  close(): void;
}

export interface Ports {
  readonly pins: PinPort;
  readonly settings: SettingsPort;
  readonly radio: RadioPort;
  readonly mqtt: MqttPort;
  readonly platform: PlatformPort;
  readonly text: TextPort;
  readonly setup: SetupPort;
}

export interface BoardDescription {
  readonly map: PinMap;
  readonly model: string;
  readonly firmware: string;
}

export class BoardApplication {
  readonly store: BoardStore;
  readonly identity: Identity;
  readonly #ports: Ports;
  readonly #pins: RelayPins;
  readonly #outbox: Outbox;
  readonly #link: LinkKeeper;
  readonly #button = new ButtonPresses();
  readonly #claim: string;
  #state: BoardState;
  #linkLostMs: number;
  #setupSinceMs: number | null = null;
  #setupForced = false;

  constructor(ports: Ports, description: BoardDescription) {
    this.#pins = new RelayPins(ports.pins, description.map);
    this.#ports = ports;
    const { platform } = ports;
    const nowMs = platform.nowMs();
    // Before the code is drawn: with its radio asleep the chip has poor chance to offer.
    const mac = platform.mac();
    this.store = new BoardStore(ports.settings);
    this.#claim = this.store.claimCode(() => claimCode(() => platform.random32()));
    this.identity = identityOf(
      description,
      mac,
      claimFingerprint(this.#claim, (t) => platform.sha256Hex(t)),
    );
    this.#state = unpowered(this.identity);
    this.#linkLostMs = nowMs;
    this.#step({
      type: 'boot',
      cause: 'power-on',
      boot: (platform.random32() >>> 0).toString(16),
      storedConfig: this.store.config(this.identity.board),
      storedSwitches: this.store.switches(),
    });
    this.#pins.releaseCoils();
    this.#outbox = new Outbox(this.identity.board, ports.text);
    this.#link = new LinkKeeper({
      board: this.identity.board,
      radio: ports.radio,
      mqtt: ports.mqtt,
      outbox: this.#outbox,
      random32: () => platform.random32(),
      credential: () => {
        const secret = this.store.secret();
        return { secret: secret ?? this.#claim, claimed: secret !== undefined };
      },
      onLink: (up) => this.#linkChanged(up),
      onMessage: (received) => this.#receive(received),
    });
  }

  get linked(): boolean {
    return this.#link.linked;
  }

  /** Every relay where it belongs without a box: nothing is lost by a restart. */
  get allSafe(): boolean {
    return this.#state.channels.every((c) => c.lease === null && c.returning === null);
  }

  start(): void {
    const access = this.store.access();
    this.#ports.platform.log(`board ${this.identity.board}, claim code ${this.#claim}`);
    if (access) this.#link.start(access, this.#ports.platform.nowMs());
    else this.#openSetup(false);
  }

  /** Once a second. */
  tick(): void {
    const { platform } = this.#ports;
    const nowMs = platform.nowMs();
    const health = platform.health();
    this.#step({ type: 'tick', rssi: health.rssi, heap: health.heapBytes });
    this.#link.tick(nowMs);
    if (this.#setupForced && this.#setupSinceMs !== null && nowMs - this.#setupSinceMs >= SETUP_OPEN_MS)
      this.#closeSetup();
    this.#restartWhenStuck(nowMs, health);
  }

  /** Every 50 ms or so: the button and the light. */
  poll(): void {
    const nowMs = this.#ports.platform.nowMs();
    const event = this.#button.feed(this.#pins.isPressed(), nowMs);
    if (event?.type === 'channel') this.#step({ type: 'button', channel: event.channel });
    if (event?.type === 'setup') this.#openSetup(true);
    const inSetup = this.#setupSinceMs !== null && this.#state.led !== 'identify';
    this.#pins.show(inSetup ? 'setup' : this.#state.led, nowMs);
  }

  /** The radio has an address, or lost it. */
  address(has: boolean): void {
    this.#link.address(has, this.#ports.platform.nowMs());
  }

  /** From the set-up page. A new box means a new claim. */
  configure(access: Access): void {
    this.store.forgetAccess();
    this.store.setAccess(access);
    this.#closeSetup();
  }

  /** Coils off, counters kept, restart. */
  restart(reason: string): void {
    this.#ports.platform.log(`restart: ${reason}`);
    this.#pins.dropCoils();
    this.store.setSwitches(this.#state.channels.map((c) => c.switches));
    this.#ports.platform.restart();
  }

  #receive({ topic, bytes }: Received): void {
    const text = this.#textOf(bytes);
    if (text === undefined) return;
    switch (downTopic(this.identity.board, topic)) {
      case 'command': {
        const message = parseCommand(text);
        if (message) this.#step({ type: 'command', message });
        return;
      }
      case 'config': {
        const message = parseConfig(text);
        if (message) this.#step({ type: 'config', message });
        return;
      }
      case 'identify': {
        const seconds = parseIdentify(text);
        if (seconds !== undefined) this.#step({ type: 'identify', seconds });
        return;
      }
      case 'credential': {
        const message = parseCredential(text);
        if (message?.board !== this.identity.board) return;
        this.store.setSecret(message.secret);
        this.#link.reconnect();
        return;
      }
      case undefined:
        return;
    }
  }

  #textOf(bytes: Uint8Array): string | undefined {
    try {
      return this.#ports.text.decode(bytes);
    } catch {
      return undefined;
    }
  }

  #linkChanged(up: boolean): void {
    if (!up) this.#linkLostMs = this.#ports.platform.nowMs();
    this.#step({ type: 'link', up });
  }

  #step(event: BoardEvent): void {
    const { state, effects } = step(this.#state, event, this.#ports.platform.nowMs());
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
  }

  #carryOut(effect: Effect): void {
    switch (effect.type) {
      case 'pin':
        this.#pins.setCoil(effect.channel, effect.level);
        return;
      case 'led':
        return;
      case 'publish':
        this.#outbox.push(effect.topic, effect.message);
        return;
      case 'store':
        if (effect.key === 'config') this.store.setConfig(effect.value);
        else this.store.setSwitches(effect.value);
    }
  }

  #restartWhenStuck(nowMs: number, health: Health): void {
    if (!this.allSafe || this.#setupSinceMs !== null) return;
    if (health.heapBytes > 0 && health.heapBytes < LEAST_HEAP_BYTES) this.restart('memory is short');
    else if (!this.linked && nowMs - this.#linkLostMs >= RESTART_AFTER_MS) this.restart('no link');
  }

  #openSetup(forced: boolean): void {
    if (this.#setupSinceMs !== null) return;
    this.#setupSinceMs = this.#ports.platform.nowMs();
    this.#setupForced = forced;
    this.#link.stop();
    this.#ports.setup.open({
      board: this.identity.board,
      claim: this.#claim,
      password: this.#claim.slice(0, 8),
    });
  }

  #closeSetup(): void {
    const nowMs = this.#ports.platform.nowMs();
    this.#setupSinceMs = null;
    this.#linkLostMs = nowMs;
    this.#ports.setup.close();
    const access = this.store.access();
    if (access) this.#link.start(access, nowMs);
  }
}

function identityOf({ map, model, firmware }: BoardDescription, mac: string, claim: string): Identity {
  const digits = mac.toLowerCase().replaceAll(/[^0-9a-f]/g, '');
  if (digits.length !== 12) throw new RangeError(`"${mac}" is no MAC address`);
  const pairs = digits.match(/../g) ?? [];
  return {
    board: `esp12f-${digits}`,
    model,
    firmware,
    mac: pairs.join(':'),
    claim,
    pins: map.relayGpios,
  };
}
