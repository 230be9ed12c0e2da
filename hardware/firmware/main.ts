// biome-ignore-all lint/correctness/noUndeclaredDependencies: modules of the Moddable SDK, not of npm
// biome-ignore-all lint/style/useNodejsImportProtocol: modules of the Moddable SDK, not of Node
/**
 * Joins the firmware to the Moddable SDK on an ESP-12F. No decision is taken here: every function only says how the
 * SDK does what a port asks for. The first thing done is to make the pins safe. It is the one module that calls the
 * chip while it loads, so it alone cannot be linked into flash; whatever stands here costs memory.
 */

import 'system';
import TCP from 'embedded:io/socket/tcp';
import MQTTClient from 'embedded:network/mqtt/client';
import { Digest } from 'crypt';
import DnsServer from 'dns/server';
import { type HTTPServerCallback, Server } from 'http';
import Instrumentation from 'instrumentation';
import config from 'mc/config';
import Net from 'net';
import Preference from 'preference';
import {
  BoardApplication,
  chipLog,
  hexOfBytes,
  MODEL,
  PIN_MAPS,
  type PinPort,
  type PlatformPort,
  portalCallback,
  type RadioPort,
  type SettingsPort,
  type SetupPort,
  sdkMqtt,
  type TextPort,
  unwrapped,
  VERSION,
} from 'relay-firmware';
import Time from 'time';
import Timer from 'timer';
import WiFi from 'wifi';

const DOMAIN = 'wattward';
const SETUP_ADDRESS = '192.168.4.1';
/** For the answer to leave before its network closes. */
const LEAVING_MS = 2000;

export const text: TextPort = {
  encode: (words) => new Uint8Array(ArrayBuffer.fromString(words)),
  decode: (bytes) => String.fromArrayBuffer(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength),
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

export const settings: SettingsPort = {
  get(name) {
    const value = Preference.get(DOMAIN, name);
    return typeof value === 'string' || typeof value === 'number' ? value : undefined;
  },
  set: (name, value) => Preference.set(DOMAIN, name, value),
  remove: (name) => Preference.delete(DOMAIN, name),
};

const freeMemory = Instrumentation.map('System Free Memory');

export const platform: PlatformPort = {
  nowMs: unwrapped(() => Time.ticks),
  random32: () => Math.floor(Math.random() * 2 ** 32),
  health: () => ({
    rssi: application.linked ? Net.get('RSSI') : 0,
    heapBytes: freeMemory === undefined ? 0 : (Instrumentation.get(freeMemory) ?? 0),
  }),
  mac() {
    // The SDK starts with the radio off, and then knows no address.
    WiFi.mode = WiFi.Mode.station;
    return Net.get('MAC');
  },
  restart: () => System.restart(),
  sha256Hex(words) {
    const digest = new Digest('SHA256');
    digest.write(words);
    return hexOfBytes(new Uint8Array(digest.close()));
  },
  // With a debugger on the line (`log=debugger`) the serial port is its own.
  log:
    config.log === 'debugger'
      ? (words) => trace(`${words}\n`)
      : chipLog(() => new device.io.Serial({ transmit: 1, port: 0, baud: 115_200 }), text.encode),
};

const radio: RadioPort = {
  join: (ssid, password) => WiFi.connect(password === '' ? { ssid } : { ssid, password }),
  leave: () => WiFi.disconnect(),
};

const mqtt = sdkMqtt(
  (options) => new MQTTClient({ ...options, socket: { io: TCP, nodelay: true } }),
  (host, onAddress) => Net.resolve(host, onAddress),
);

/** Captive portal: an access point, a name server that answers with us, and one page. */
function setupPort(): SetupPort {
  let names: DnsServer | null = null;
  let web: Server | null = null;
  return {
    open(content) {
      WiFi.mode = WiFi.Mode.accessPoint;
      WiFi.accessPoint({ ssid: `relay-${content.board.slice(-6)}`, password: content.password });
      names = new DnsServer((_, name) => (name === undefined ? '' : SETUP_ADDRESS));
      web = new Server({ port: 80 });
      const onEntered: Parameters<typeof portalCallback>[0]['onEntered'] = (access) =>
        void Timer.set(() => application.configure(access), LEAVING_MS);
      web.callback = portalCallback({ messages: Server, content, onEntered }) as HTTPServerCallback;
    },
    close() {
      names?.close();
      web?.close();
      names = null;
      web = null;
      WiFi.mode = WiFi.Mode.station;
    },
  };
}

export const application = new BoardApplication(
  { pins, settings, radio, mqtt, platform, text, setup: setupPort() },
  { map: PIN_MAPS[config.board === 'bought' ? 'bought' : 'own'], model: MODEL, firmware: VERSION },
);

// One listener for good: closing one while a message of the radio is on its way to it is a fault of the SDK.
new WiFi(undefined, (message) => {
  if (message === WiFi.gotIP) application.address(true);
  else if (message === WiFi.disconnected || message === WiFi.lostIP) application.address(false);
});
application.start();
Timer.repeat(() => application.poll(), 50);
Timer.repeat(() => application.tick(), 1000);
