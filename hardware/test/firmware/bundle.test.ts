/**
 * The firmware as it is built: bundled into one module, linked against stubs of the SDK's modules, and run. Nothing
 * but `main.ts` and the SDK itself is beyond the other tests; here `main.ts` is run too.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { PIN_MAPS } from '../../board/pin-map.ts';

const HARDWARE = path.resolve(import.meta.dirname, '../..');
const ESBUILD = path.resolve(HARDWARE, '../node_modules/esbuild/bin/esbuild');
const GUIDE = readFileSync(path.join(HARDWARE, 'firmware/README.md'), 'utf8');

/** The arguments of the build command in the guide. */
function buildArguments(): string[] {
  const line = GUIDE.split('\n').find((l) => l.startsWith('npx esbuild '));
  if (!line) throw new Error('the guide has no build command');
  return line
    .split(/\s+/)
    .slice(2)
    .filter((a) => !a.startsWith('--outfile'));
}

function bundle(...more: string[]): string {
  return execFileSync(ESBUILD, [...buildArguments(), ...more], {
    cwd: path.resolve(HARDWARE, '..'),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

interface Client {
  readonly options: Record<string, unknown> & {
    onControl(message: object): void;
    onWritable(count: number): void;
  };
  readonly written: { readonly data: string; readonly options: Record<string, unknown> }[];
}

class StubSdk {
  readonly pinWrites: [number, number][] = [];
  readonly timers: { readonly call: () => void; readonly everyMs: number }[] = [];
  readonly clients: Client[] = [];
  readonly preferences = new Map<string, unknown>();
  readonly accessPoints: { ssid: string; password: string }[] = [];
  readonly traces: string[] = [];
  ticks = 1000;
  onWiFi: ((message: string) => void) | undefined;

  modules(): Record<string, Record<string, unknown>> {
    const sdk = this;
    class WiFi {
      static Mode = { off: -5, none: 0, station: 1, accessPoint: 2 };
      static gotIP = 'gotIP';
      static lostIP = 'lostIP';
      static disconnected = 'disconnect';
      static mode = 0;
      static accessPoint = (options: { ssid: string; password: string }) =>
        void sdk.accessPoints.push(options);
      constructor(_: object, call: (message: string) => void) {
        sdk.onWiFi = call;
      }
      close() {}
    }
    class MqttClient {
      readonly written: Client['written'] = [];
      readonly options: Client['options'];
      constructor(options: Client['options']) {
        this.options = options;
        sdk.clients.push(this);
      }
      write(data: Uint8Array, options: Record<string, unknown>) {
        this.written.push({ data: new TextDecoder().decode(data), options });
        return 1000;
      }
      close() {}
    }
    class Digest {
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
    class Server {
      close() {}
    }
    const preference = {
      get: (_: string, name: string) => sdk.preferences.get(name),
      set: (_: string, name: string, value: unknown) => void sdk.preferences.set(name, value),
      delete: (_: string, name: string) => void sdk.preferences.delete(name),
    };
    return {
      crypt: { Digest },
      'dns/server': { default: Server },
      'embedded:io/socket/tcp': { default: class {} },
      'embedded:io/system': { default: { restart() {} } },
      'embedded:network/mqtt/client': { default: MqttClient },
      'embedded:storage/flash': { default: { open() {} } },
      'embedded:update': { default: { open() {} } },
      http: { Request: class {}, Server },
      instrumentation: { default: { map: () => 1, get: () => 21_000 } },
      'mc/config': { default: { board: 'own', firmwarePort: 8470, updateKey: '00'.repeat(32) } },
      net: { default: { get: (what: string) => (what === 'MAC' ? 'A4:CF:12:B3:C4:D5' : -60) } },
      preference: { default: preference },
      time: {
        default: {
          get ticks() {
            return sdk.ticks;
          },
        },
      },
      timer: {
        default: {
          repeat: (call: () => void, everyMs: number) => void sdk.timers.push({ call, everyMs }),
          set: (call: () => void) => call(),
        },
      },
      wifi: { default: WiFi },
    };
  }

  /** What lies in the SDK's global scope. */
  globals(): object {
    const sdk = this;
    class Digital {
      static Output = 'out';
      static InputPullUp = 'in';
      readonly pin: number;
      constructor({ pin }: { pin: number }) {
        this.pin = pin;
      }
      write(level: number) {
        sdk.pinWrites.push([this.pin, level]);
      }
      read() {
        return 1;
      }
    }
    const encode = (words: string) => new Uint8Array(new TextEncoder().encode(words)).buffer;
    const decode = (bytes: ArrayBuffer) => new TextDecoder().decode(bytes);
    return {
      device: { io: { Digital } },
      trace: (words: string) => void sdk.traces.push(words),
      encode,
      decode,
    };
  }

  async run(code: string): Promise<void> {
    const context = vm.createContext(this.globals());
    vm.runInContext('ArrayBuffer.fromString = encode; String.fromArrayBuffer = decode;', context);
    const stubs = this.modules();
    const main = new vm.SourceTextModule(code, { context });
    await main.link((name) => {
      const stub = stubs[name];
      if (!stub) throw new Error(`the firmware imports ${name}, which the SDK or its manifest does not have`);
      return new vm.SyntheticModule(
        Object.keys(stub),
        function fill() {
          for (const [key, value] of Object.entries(stub)) this.setExport(key, value);
        },
        { context },
      );
    });
    await main.evaluate();
  }

  pass(seconds: number): void {
    for (let i = 0; i < seconds; i += 1) {
      this.ticks += 1000;
      for (const { call } of this.timers) call();
    }
  }
}

let code = '';
beforeAll(() => {
  code = bundle();
});

async function started(preferences: Record<string, unknown> = {}): Promise<StubSdk> {
  const sdk = new StubSdk();
  for (const [name, value] of Object.entries(preferences)) sdk.preferences.set(name, value);
  await sdk.run(code);
  return sdk;
}

const CONFIGURED = {
  ssid: 'home',
  pass1: '12345678',
  host: '192.168.1.20',
  port: 1883,
  secret1: 'secret-of-this-board-1',
};

describe('the built firmware', () => {
  test('takes the coils` supply away before it does anything else, and gives it back last', async () => {
    const { pinWrites } = await started();
    expect(pinWrites[0]).toEqual([PIN_MAPS.own.coilEnableGpio, 0]);
    expect(pinWrites.slice(1, 5)).toEqual(PIN_MAPS.own.relayGpios.map((gpio) => [gpio, 0]));
    expect(pinWrites.filter(([gpio]) => gpio === PIN_MAPS.own.coilEnableGpio).at(-1)?.[1]).toBe(1);
  });

  test('opens a network of its own when it does not know the box, with the code on the label as password', async () => {
    const { accessPoints, preferences, traces } = await started();
    const claim = String(preferences.get('claim'));
    expect(accessPoints).toEqual([{ ssid: 'relay-b3c4d5', password: claim.slice(0, 8) }]);
    expect(traces.join('')).toContain(claim);
  });

  test('connects with its will once it has an address, and says hello, availability and state', async () => {
    const sdk = await started(CONFIGURED);
    sdk.onWiFi?.('gotIP');
    const [client] = sdk.clients;
    if (!client) throw new Error('no connection');
    expect(client.options).toMatchObject({ id: 'esp12f-a4cf12b3c4d5', clean: true, will: { retain: true } });
    client.options.onWritable(2000);
    client.options.onControl({ operation: 2, returnCode: 0 });
    const sent = client.written.map((w) => w.options.topic || 'subscribe');
    expect(sent).toEqual([
      'subscribe',
      ...['hello', 'availability', 'state'].map((n) => `wattward/v1/board/esp12f-a4cf12b3c4d5/${n}`),
    ]);
    sdk.pass(16);
    const state = JSON.parse(client.written.at(-1)?.data ?? '');
    expect(state).toMatchObject({ board: 'esp12f-a4cf12b3c4d5', heap: 21_000, rssi: -60 });
  });

  test('imports nothing that its manifest does not bring along', async () => {
    const imports = [...code.matchAll(/^import .* from "([^"]+)";$/gm)].map(([, name]) => name ?? '');
    expect(imports.toSorted()).toEqual(Object.keys(new StubSdk().modules()).toSorted());
  });

  test('stays within what the guide says of its size', () => {
    const kilobytes = Buffer.byteLength(bundle('--minify')) / 1024;
    const stated = Number(/application, minified source \| (\d+) kB/.exec(GUIDE)?.[1]);
    expect(kilobytes).toBeLessThanOrEqual(stated);
    expect(kilobytes).toBeGreaterThan(stated * 0.8);
  });
});
