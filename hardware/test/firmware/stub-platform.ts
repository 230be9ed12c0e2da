/** An ESP-12F of memory: pins with a history, flash with its limits, a radio and a broker that do as they are told. */
import { createHash } from 'node:crypto';
import { PIN_MAPS } from '../../board/pin-map.ts';
import { BoardApplication, type BoardDescription, type Ports } from '../../firmware/application.ts';
import type { Connection, ConnectOptions, SettingsPort, TextPort } from '../../firmware/ports.ts';

export const text: TextPort = {
  encode: (words) => new TextEncoder().encode(words),
  decode: (bytes) => new TextDecoder('utf-8', { fatal: true }).decode(bytes),
};

/** Flash as the SDK gives it: names up to 31, values up to 63 bytes with the closing zero, whole numbers only. */
export class StubSettings implements SettingsPort {
  readonly values = new Map<string, string | number>();
  writes = 0;
  /** Writes left before the power fails. */
  powerForWrites = Number.POSITIVE_INFINITY;

  get(name: string): string | number | undefined {
    return this.values.get(name);
  }

  set(name: string, value: string | number): void {
    if (name.length > 31) throw new RangeError(`name "${name}" is too long`);
    if (typeof value === 'string' && text.encode(value).byteLength + 1 > 63)
      throw new RangeError('value is too long');
    if (typeof value === 'number' && value !== (value | 0)) throw new RangeError('no 32-bit whole number');
    this.#spend();
    this.values.set(name, value);
  }

  remove(name: string): void {
    this.#spend();
    this.values.delete(name);
  }

  #spend(): void {
    if (this.powerForWrites <= 0) throw new Error('power failed');
    this.powerForWrites -= 1;
    this.writes += 1;
  }
}

export interface Published {
  readonly topic: string;
  readonly text: string;
  readonly retain: boolean;
}

export class StubConnection implements Connection {
  readonly options: ConnectOptions;
  readonly published: Published[] = [];
  subscribed: readonly string[] = [];
  closed = false;
  /** What the socket takes; every publish uses it up until `drain`. */
  roomBytes = 10_000;
  /** It has less room than it last said. */
  full = false;

  constructor(options: ConnectOptions) {
    this.options = options;
  }

  accept(code = 0): void {
    this.options.onWritable(this.roomBytes);
    this.options.onAccepted(code);
  }

  deliver(topic: string, message: unknown): void {
    const bytes = text.encode(typeof message === 'string' ? message : JSON.stringify(message));
    this.options.onPart(bytes, { topic, byteLength: bytes.byteLength });
  }

  subscribe(topics: readonly string[]): void {
    this.subscribed = topics;
  }

  publish(topic: string, payload: Uint8Array, { retain }: { retain: boolean }): number | undefined {
    if (this.full) return undefined;
    this.published.push({ topic, text: text.decode(payload), retain });
    return this.roomBytes;
  }

  close(): void {
    this.closed = true;
  }

  /** The last message published under `name`. */
  last(name: string): unknown {
    const found = this.published.findLast((p) => p.topic.endsWith(`/${name}`));
    return found && JSON.parse(found.text);
  }
}

export class StubBoard {
  readonly settings: StubSettings;
  /** Every write to a pin, in order. */
  readonly writes: [gpio: number, level: 0 | 1][] = [];
  readonly events: string[] = [];
  readonly connections: StubConnection[] = [];
  readonly logs: string[] = [];
  application: BoardApplication;
  nowMs = 0;
  pressed = false;
  heapBytes = 20_000;
  restarts = 0;
  setupOpen = false;
  #random = 0x1234_5678;

  constructor(options: { settings?: StubSettings; kind?: 'own' | 'bought' } = {}) {
    this.settings = options.settings ?? new StubSettings();
    const description: BoardDescription = {
      map: PIN_MAPS[options.kind ?? 'own'],
      model: 'esp12f-4ch',
      firmware: '0.1.0',
    };
    this.application = new BoardApplication(this.#ports(), description);
  }

  get id(): string {
    return this.application.identity.board;
  }

  get connection(): StubConnection {
    const last = this.connections.at(-1);
    if (!last) throw new RangeError('never connected');
    return last;
  }

  /** Level that `gpio` was last set to. */
  level(gpio: number): 0 | 1 | undefined {
    return this.writes.findLast(([g]) => g === gpio)?.[1];
  }

  pass(seconds: number): void {
    for (let i = 0; i < seconds; i += 1) {
      this.nowMs += 1000;
      this.application.tick();
    }
  }

  /** Presses the button `times` times, `lengthMs` each, and waits. */
  press(times: number, lengthMs = 200): void {
    const poll = (ms: number) => {
      for (let i = 0; i < ms; i += 50) {
        this.nowMs += 50;
        this.application.poll();
      }
    };
    for (let i = 0; i < times; i += 1) {
      this.pressed = true;
      poll(lengthMs);
      this.pressed = false;
      poll(200);
    }
    poll(1500);
  }

  /** Configured, claimed and linked. */
  static linked(options: { settings?: StubSettings; kind?: 'own' | 'bought' } = {}): StubBoard {
    const settings = options.settings ?? new StubSettings();
    settings.set('ssid', 'home');
    settings.set('pass1', '12345678');
    settings.set('host', '192.168.1.20');
    settings.set('port', 1883);
    settings.set('secret1', 'secret-of-this-board-1');
    const board = new StubBoard({ ...options, settings });
    board.application.start();
    board.application.address(true);
    board.connection.accept();
    return board;
  }

  #ports(): Ports {
    return {
      settings: this.settings,
      text,
      pins: {
        openOutput: (gpio) => ({ write: (level) => void this.writes.push([gpio, level]) }),
        openInput: () => ({ read: () => (this.pressed ? 0 : 1) }),
      },
      radio: {
        join: (ssid) => void this.events.push(`join ${ssid}`),
        leave: () => void this.events.push('leave'),
      },
      mqtt: {
        connect: (options) => {
          const connection = new StubConnection(options);
          this.connections.push(connection);
          return connection;
        },
      },
      platform: {
        nowMs: () => this.nowMs,
        random32: () => {
          this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
          return this.#random;
        },
        health: () => ({ rssi: -60, heapBytes: this.heapBytes }),
        mac: () => 'A4:CF:12:B3:C4:D5',
        restart: () => {
          this.restarts += 1;
        },
        sha256Hex: (words) => createHash('sha256').update(words).digest('hex'),
        log: (words) => void this.logs.push(words),
      },
      setup: {
        open: () => {
          this.setupOpen = true;
        },
        close: () => {
          this.setupOpen = false;
        },
      },
    };
  }
}
