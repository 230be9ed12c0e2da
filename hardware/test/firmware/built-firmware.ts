/**
 * The firmware as it is built, run on stubs of the SDK's modules. The stubs know what SDK 8.2.3 does on the chip where
 * it is other than one would think: a radio that is off has no address, text that is no UTF-8 throws, the serial port
 * takes 127 bytes and no more, `trace` says nothing without a debugger.
 */
import { createHash } from 'node:crypto';
import vm from 'node:vm';
import { firmwareModules } from '../../build-firmware.ts';
import type { SdkClient, SdkOptions } from '../../firmware/sdk-mqtt.ts';

export const MODULES = firmwareModules();
export const MAC = 'A4:CF:12:B3:C4:D5';

const SERIAL_ROOM_BYTES = 127;

interface SentByClient {
  readonly data: string;
  readonly options: { readonly topic: string; readonly items?: readonly { topic: string }[] };
}

/** The SDK's MQTT client without a network: it only writes down what it is told. */
export class RecordingClient implements SdkClient {
  readonly options: SdkOptions;
  readonly written: SentByClient[] = [];
  constructor(options: SdkOptions) {
    this.options = options;
  }
  read(_count: number): ArrayBuffer {
    return new ArrayBuffer(0);
  }
  write(data: ArrayBuffer | Uint8Array, options: SentByClient['options']): number {
    this.written.push({ data: new TextDecoder().decode(data), options });
    return 1000;
  }
  close(): void {}
}

type Stubs = Record<string, Record<string, unknown>>;

export class BuiltFirmware<Client extends SdkClient> {
  readonly pinWrites: [number, number][] = [];
  readonly timers: { readonly call: () => void; readonly everyMs: number }[] = [];
  readonly clients: Client[] = [];
  readonly preferences = new Map<string, unknown>();
  readonly accessPoints: { ssid: string; password: string }[] = [];
  readonly joined: { ssid: string; password?: string }[] = [];
  readonly serialLines: string[] = [];
  /** What happened first: pins, radio, serial line. */
  readonly order: string[] = [];
  ticks = 1000;
  mac = MAC;
  restarts = 0;
  onWiFi: ((message: string) => void) | undefined;
  #radioMode = 0;
  readonly #newClient: (options: SdkOptions) => Client;

  /** @param newClient plays the class behind `embedded:network/mqtt/client` */
  constructor(newClient: (options: SdkOptions) => Client) {
    this.#newClient = newClient;
  }

  async run(): Promise<void> {
    const context = vm.createContext(this.#globals());
    vm.runInContext(
      'ArrayBuffer.fromString = (t) => encode(t).buffer; String.fromArrayBuffer = decode;',
      context,
    );
    const stubs = this.#stubs();
    const loaded = new Map<string, vm.Module>();
    const module = (name: string): vm.Module => {
      const known = loaded.get(name);
      if (known) return known;
      const built = MODULES.get(name);
      const made = built ? new vm.SourceTextModule(built, { context }) : stubbed(stubs, name, context);
      loaded.set(name, made);
      return made;
    };
    const main = module('main');
    await main.link(module);
    await main.evaluate();
  }

  pass(seconds: number): void {
    for (let i = 0; i < seconds; i += 1) {
      this.ticks += 1000;
      for (const { call } of this.timers) call();
    }
  }

  /** The radio says so. */
  hasAddress(): void {
    this.onWiFi?.('gotIP');
  }

  /** What lies in the SDK's global scope. */
  #globals(): object {
    const board = this;
    class Digital {
      static Output = 'out';
      static InputPullUp = 'in';
      readonly pin: number;
      constructor({ pin }: { pin: number }) {
        this.pin = pin;
      }
      write(level: number) {
        board.order.push('pin');
        board.pinWrites.push([this.pin, level]);
      }
      read() {
        return 1;
      }
    }
    class Serial {
      constructor() {
        board.order.push('serial');
      }
      write(bytes: Uint8Array) {
        if (bytes.byteLength > SERIAL_ROOM_BYTES) throw new Error('output full');
        board.order.push('serial');
        board.serialLines.push(new TextDecoder().decode(bytes));
      }
    }
    return {
      device: { io: { Digital, Serial } },
      System: {
        restart: () => {
          this.restarts += 1;
        },
      },
      trace() {},
      encode: (words: string) => new TextEncoder().encode(words),
      decode: (bytes: ArrayBuffer, at: number, length: number) =>
        new TextDecoder('utf-8', { fatal: true }).decode(new Uint8Array(bytes, at, length)),
    };
  }

  #stubs(): Stubs {
    const board = this;
    class WiFi {
      static Mode = { off: -5, none: 0, station: 1, accessPoint: 2 };
      static gotIP = 'gotIP';
      static lostIP = 'lostIP';
      static disconnected = 'disconnect';
      static get mode() {
        return board.#radioMode;
      }
      static set mode(mode: number) {
        board.order.push('radio');
        board.#radioMode = mode;
      }
      static connect = (options: { ssid: string }) => void board.joined.push(options);
      static disconnect() {}
      static accessPoint = (options: { ssid: string; password: string }) =>
        void board.accessPoints.push(options);
      constructor(_: unknown, call: (message: string) => void) {
        board.onWiFi = call;
      }
    }
    class Server {
      close() {}
    }
    const clients = this.clients;
    const newClient = this.#newClient;
    return {
      system: {},
      crypt: { Digest: StubDigest },
      'dns/server': { default: Server },
      'embedded:io/socket/tcp': { default: class {} },
      'embedded:network/mqtt/client': {
        default: function MqttClient(options: SdkOptions) {
          const client = newClient(options);
          clients.push(client);
          return client;
        },
      },
      http: { Server },
      instrumentation: { default: { map: () => 1, get: () => 21_000 } },
      'mc/config': { default: { board: 'own', log: 'serial' } },
      net: { default: { get: (what: string) => this.#net(what), resolve: resolveNow } },
      preference: {
        default: {
          get: (_: string, name: string) => this.preferences.get(name),
          set: (_: string, name: string, value: unknown) => void this.preferences.set(name, value),
          delete: (_: string, name: string) => void this.preferences.delete(name),
        },
      },
      time: { default: timeOf(this) },
      timer: {
        default: {
          repeat: (call: () => void, everyMs: number) => void this.timers.push({ call, everyMs }),
          set: (call: () => void) => call(),
        },
      },
      wifi: { default: WiFi },
    };
  }

  #net(what: string): unknown {
    if (what === 'MAC') return this.#radioMode > 0 ? this.mac : undefined;
    return -60;
  }
}

function timeOf(board: { readonly ticks: number }): object {
  return {
    get ticks() {
      return board.ticks;
    },
  };
}

function resolveNow(host: string, onAddress: (name: string, address: string) => void): void {
  onAddress(host, '127.0.0.1');
}

class StubDigest {
  readonly #hash;
  constructor(algorithm: string) {
    this.#hash = createHash(algorithm.toLowerCase());
  }
  write(data: string | Uint8Array) {
    this.#hash.update(data);
  }
  close() {
    return new Uint8Array(this.#hash.digest()).buffer;
  }
}

function stubbed(stubs: Stubs, name: string, context: vm.Context): vm.Module {
  const stub = stubs[name];
  if (!stub) throw new Error(`the firmware imports ${name}, which the SDK or its manifest does not have`);
  return new vm.SyntheticModule(
    Object.keys(stub),
    function fill() {
      for (const [key, value] of Object.entries(stub)) this.setExport(key, value);
    },
    { context },
  );
}
