// biome-ignore-all lint/correctness/noUndeclaredDependencies: modules of the Moddable SDK, not of npm
// biome-ignore-all lint/style/useNodejsImportProtocol: modules of the Moddable SDK, not of Node
/**
 * The firmware with updates over the air: starts the board as it is without them, and joins the updates to the
 * SDK's modules for the two slots. An image of its own (`manifest.json` beside this file), because SDKs before
 * 10.0.2 have neither those modules nor a second slot for the ESP8266.
 */
import flash from 'embedded:storage/flash';
import update from 'embedded:update';
import { Digest } from 'crypt';
import { Request } from 'http';
import { application, platform, settings, text } from 'main';
import config from 'mc/config';
import { MODEL, SEQUENCE } from 'relay-firmware';
import { type FetchPort, hexOfBytes, MAX_OFFER_BYTES, type UpdatePorts, UpdateService } from 'relay-update';
import Timer from 'timer';

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

const ports: UpdatePorts = {
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
  log: platform.log,
};

const fetch: FetchPort = {
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

const updates = new UpdateService({
  ports,
  fetch,
  settings,
  board: application,
  model: MODEL,
  builtSequence: SEQUENCE,
  publicKeyHex: config.updateKey,
  nowMs: platform.nowMs(),
});

Timer.repeat(() => updates.tick(platform.nowMs()), 1000);
Timer.repeat(() => {
  if (updates.busy) updates.work();
}, 20);
