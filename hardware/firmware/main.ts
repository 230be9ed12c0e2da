// biome-ignore-all lint/correctness/noUndeclaredDependencies: modules of the Moddable SDK, not of npm
// biome-ignore-all lint/style/useNodejsImportProtocol: modules of the Moddable SDK, not of Node
/**
 * Joins the firmware to the Moddable SDK on an ESP-12F. No decision is taken here: every function only says how the
 * SDK does what a port asks for. The first statement makes the pins safe.
 */

import TCP from 'embedded:io/socket/tcp';
import System from 'embedded:io/system';
import MQTTClient from 'embedded:network/mqtt/client';
import flash from 'embedded:storage/flash';
import update from 'embedded:update';
import { Digest } from 'crypt';
import DnsServer from 'dns/server';
import { type HTTPServerCallback, Request, Server } from 'http';
import Instrumentation from 'instrumentation';
import config from 'mc/config';
import Net from 'net';
import Preference from 'preference';
import Time from 'time';
import Timer from 'timer';
import WiFi from 'wifi';
import { PIN_MAPS } from '../board/pin-map.ts';
import { BoardApplication, type SetupPort } from './application.ts';
import { MODEL, SEQUENCE, VERSION } from './firmware-version.ts';
import type { PinPort, PlatformPort, RadioPort, SettingsPort, TextPort } from './ports.ts';
import { type SdkOptions, sdkMqtt } from './sdk-mqtt.ts';
import { MAX_FORM_BYTES } from './setup-page.ts';
import { answerTo, Pieces, type SetupContent } from './setup-server.ts';
import { hexOfBytes } from './update/hexadecimal.ts';
import { MAX_OFFER_BYTES } from './update/offer.ts';
import { type FetchPort, UpdateService } from './update/update-service.ts';
import type { UpdatePorts } from './update/updater.ts';
import { unwrapped } from './uptime.ts';

const DOMAIN = 'wattward';
const SETUP_ADDRESS = '192.168.4.1';

const log = (words: string) => trace(`${words}\n`);

const text: TextPort = {
  encode: (words) => new Uint8Array(ArrayBuffer.fromString(words)),
  decode: (bytes) => String.fromArrayBuffer(bytes.slice().buffer),
};

const pins: PinPort = {
  openOutput(gpio) {
    const { Digital } = device.io;
    return new Digital({ pin: gpio, mode: Digital.Output });
  },
  openInput(gpio) {
    const { Digital } = device.io;
    return new Digital({ pin: gpio, mode: Digital.InputPullUp });
  },
};

const settings: SettingsPort = {
  get(name) {
    const value = Preference.get(DOMAIN, name);
    return typeof value === 'string' || typeof value === 'number' ? value : undefined;
  },
  set: (name, value) => Preference.set(DOMAIN, name, value),
  remove: (name) => Preference.delete(DOMAIN, name),
};

const freeMemory = Instrumentation.map('System Free Memory');
const uptimeMs = unwrapped(() => Time.ticks);

const platform: PlatformPort = {
  nowMs: uptimeMs,
  random32: () => Math.floor(Math.random() * 2 ** 32),
  health: () => ({
    rssi: application.linked ? Net.get('RSSI') : 0,
    heapBytes: freeMemory === undefined ? 0 : (Instrumentation.get(freeMemory) ?? 0),
  }),
  restart: () => System.restart(),
  sha256Hex: (words) => sha256Of(words),
  log,
};

function sha256Of(words: string): string {
  const digest = new Digest('SHA256');
  digest.write(words);
  return hexOfBytes(new Uint8Array(digest.close()));
}

let station: WiFi | null = null;

const radio: RadioPort = {
  join(ssid, password) {
    WiFi.mode = WiFi.Mode.station;
    station = new WiFi(password === '' ? { ssid } : { ssid, password }, (message) => {
      if (message === WiFi.gotIP) application.address(true);
      else if (message === WiFi.disconnected || message === WiFi.lostIP) application.address(false);
    });
  },
  leave() {
    station?.close();
    station = null;
  },
};

/** Names and plain addresses alike, by the chip's own resolver. */
class ChipResolver {
  resolve({ host, onResolved, onError }: ResolveRequest): void {
    Net.resolve(host, (name, address) => {
      if (address) onResolved(name, address);
      else onError(name);
    });
  }
  close(): void {}
}

interface ResolveRequest {
  readonly host: string;
  readonly onResolved: (host: string, address: string) => void;
  readonly onError: (host: string) => void;
}

const mqtt = sdkMqtt(
  (options: SdkOptions) =>
    new MQTTClient({ ...options, dns: { io: ChipResolver }, socket: { io: TCP, nodelay: true } }),
  text,
);

/** Captive portal: an access point, a name server that answers with us, and one page. */
function setupPort(): SetupPort {
  let names: DnsServer | null = null;
  let web: Server | null = null;
  return {
    open(page) {
      WiFi.mode = WiFi.Mode.accessPoint;
      WiFi.accessPoint({ ssid: `relay-${page.board.slice(-6)}`, password: page.password });
      names = new DnsServer((_, name) => (name === undefined ? '' : SETUP_ADDRESS));
      web = new Server({ port: 80 });
      web.callback = portalCallback(page);
    },
    close() {
      names?.close();
      web?.close();
      names = null;
      web = null;
      WiFi.mode = WiFi.Mode.none;
    },
  };
}

interface PortalRequest {
  path: string;
  method: string;
  body: string;
  tooLong: boolean;
  pieces: Pieces | undefined;
}

/** One after the other: a phone asks for little, and the chip has memory for one answer. */
function portalCallback(content: SetupContent): HTTPServerCallback {
  let request: PortalRequest = { path: '/', method: 'GET', body: '', tooLong: false, pieces: undefined };
  let then: (() => void) | undefined;
  return (message, first, second) => {
    switch (message) {
      case Server.status:
        request = { path: `${first}`, method: `${second}`, body: '', tooLong: false, pieces: undefined };
        return;
      case Server.header:
        if (first === 'content-length' && Number(second) > MAX_FORM_BYTES) request.tooLong = true;
        return;
      case Server.headersComplete:
        return request.tooLong ? false : (String as never);
      case Server.requestComplete:
        request.body = `${first}`;
        return;
      case Server.prepareResponse: {
        const { answer, access } = answerTo(content, request);
        request.pieces = new Pieces(answer.body);
        if (access) then = () => application.configure(access);
        const headers = ['Content-Type', 'text/html', 'Content-Length', `${answer.body.length}`];
        return { status: answer.status, headers, body: true };
      }
      case Server.responseFragment:
        return request.pieces?.next(Number(first));
      case Server.responseComplete:
        if (then) Timer.set(then, 2000);
        then = undefined;
        return;
      default:
        return;
    }
  };
}

const slotOf = (path: string) => ({
  read(byteLength: number, offset: number) {
    const partition = flash.open({ path, mode: 'r' });
    try {
      return new Uint8Array(partition.read(byteLength, offset));
    } finally {
      partition.close();
    }
  },
});

const updatePorts: UpdatePorts = {
  running: slotOf('running'),
  slot: {
    ...slotOf('nextota'),
    open: (byteLength) => update.open({ partition: flash.open({ path: 'nextota' }), byteLength }),
  },
  sha256: () => {
    const digest = new Digest('SHA256');
    return {
      write: (bytes) => digest.write(bytes),
      close: () => hexOfBytes(new Uint8Array(digest.close())),
    };
  },
  sha512: (bytes) => {
    const digest = new Digest('SHA512');
    digest.write(bytes);
    return new Uint8Array(digest.close());
  },
  encode: text.encode,
  log,
};

const fetchPort: FetchPort = {
  offer(onText) {
    const access = application.store.access();
    if (!access) return onText(undefined);
    const request = new Request({
      host: access.host,
      port: config.firmwarePort,
      path: `/firmware/${MODEL}/offer`,
      response: String,
    });
    request.callback = (message, value) => {
      if (message === Request.responseComplete) onText(`${value}`.slice(0, MAX_OFFER_BYTES + 1));
      else if (message < 0) onText(undefined);
    };
  },
  image(onPiece, onEnd) {
    const access = application.store.access();
    if (!access) return onEnd();
    const request = new Request({
      host: access.host,
      port: config.firmwarePort,
      path: `/firmware/${MODEL}/image`,
    });
    request.callback = (message) => {
      if (message === Request.responseFragment) onPiece(new Uint8Array(request.read(ArrayBuffer)));
      else if (message === Request.responseComplete || message < 0) onEnd();
    };
  },
};

const application = new BoardApplication(
  { pins, settings, radio, mqtt, platform, text, setup: setupPort() },
  {
    map: PIN_MAPS[config.board === 'bought' ? 'bought' : 'own'],
    model: MODEL,
    firmware: VERSION,
    mac: Net.get('MAC'),
  },
);

const updates = new UpdateService({
  ports: updatePorts,
  fetch: fetchPort,
  settings,
  board: application,
  model: MODEL,
  builtSequence: SEQUENCE,
  publicKeyHex: config.updateKey,
  nowMs: uptimeMs(),
});

application.start();
Timer.repeat(() => application.poll(), 50);
Timer.repeat(() => {
  application.tick();
  updates.tick(uptimeMs());
}, 1000);
Timer.repeat(() => {
  if (updates.busy) updates.work();
}, 20);
