import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { bytesOfHex, hexOfBytes } from '../../firmware/hexadecimal.ts';
import { type Signed, verifying } from '../../firmware/update/ed25519.ts';
import { MAX_IMAGE_BYTES, objection, offerLines, parseOffer } from '../../firmware/update/offer.ts';
import { Trial } from '../../firmware/update/trial.ts';
import { ASK_EVERY_MS, FIRST_ASK_MS, UpdateService } from '../../firmware/update/update-service.ts';
import type { UpdatePorts } from '../../firmware/update/updater.ts';
import { StubSettings, text } from './stub-platform.ts';

const sha512 = (bytes: Uint8Array) => new Uint8Array(createHash('sha512').update(bytes).digest());
const sha256Hex = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

function verify(signed: Signed): { good: boolean; steps: number } {
  const work = verifying(signed, sha512);
  for (let steps = 1; ; steps += 1) {
    const step = work.next();
    if (step.done) return { good: step.value, steps };
  }
}

describe('a signature', () => {
  // RFC 8032, 7.1, tests 1 to 3.
  const VECTORS = [
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ] as const;

  test.each(VECTORS)('of the standard is right: key %s', (key, message, signature) => {
    const signed = {
      publicKey: bytesOfHex(key),
      message: bytesOfHex(message),
      signature: bytesOfHex(signature),
    };
    expect(verify(signed).good).toBe(true);
  });

  test('made by another implementation is right, and wrong as soon as one bit differs anywhere', () => {
    for (let i = 0; i < 8; i += 1) {
      const { publicKey, privateKey } = generateKeyPairSync('ed25519');
      const message = randomBytes(1 + 30 * i);
      const signed = {
        publicKey: rawKey(publicKey),
        message,
        signature: new Uint8Array(sign(null, message, privateKey)),
      };
      expect(verify(signed).good).toBe(true);
      for (const part of ['publicKey', 'message', 'signature'] as const) {
        const bytes = Uint8Array.from(signed[part]);
        const at = (i * 37) % (bytes.length * 8);
        bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ (1 << (at & 7));
        expect(verify({ ...signed, [part]: bytes }).good).toBe(false);
      }
    }
  });

  test('under a key that was never set, or any other of small order, is refused: there anybody can sign', () => {
    const neutral = Uint8Array.from({ length: 32 }, (_, i) => (i === 0 ? 1 : 0));
    const signature = Uint8Array.from({ length: 64 }, (_, i) => (i === 0 ? 1 : 0));
    for (const publicKey of [new Uint8Array(32), neutral]) {
      // About every fourth of these messages would pass under a key of order four.
      for (let n = 0; n < 24; n += 1) {
        expect(verify({ publicKey, message: Uint8Array.of(n), signature }).good).toBe(false);
      }
    }
  });

  test('that says the same in another way is refused: S and S plus the order of the group', () => {
    const [key, message, signature] = VECTORS[1];
    const bytes = bytesOfHex(signature);
    let carry = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
    for (let i = 32; i < 64; i += 1) {
      const sum = BigInt(bytes[i] ?? 0) + (carry & 255n);
      bytes[i] = Number(sum & 255n);
      carry = (carry >> 8n) + (sum >> 8n);
    }
    expect(verify({ publicKey: bytesOfHex(key), message: bytesOfHex(message), signature: bytes }).good).toBe(
      false,
    );
  });

  test.each([
    ['a short signature', new Uint8Array(63), new Uint8Array(32)],
    ['a short key', new Uint8Array(64), new Uint8Array(31)],
    ['a key that is no point', new Uint8Array(64), new Uint8Array(32).fill(2)],
    ['a key not in its only form', new Uint8Array(64), new Uint8Array(32).fill(255)],
  ])('with %s is refused', (_, signature, publicKey) => {
    expect(verify({ message: new Uint8Array(1), signature, publicKey }).good).toBe(false);
  });

  test('is checked in many small steps, none longer than a fiftieth of the work', () => {
    const [key, message, signature] = VECTORS[2];
    const { steps } = verify({
      publicKey: bytesOfHex(key),
      message: bytesOfHex(message),
      signature: bytesOfHex(signature),
    });
    expect(steps).toBeGreaterThanOrEqual(32);
  });
});

function rawKey(key: KeyObject): Uint8Array {
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }).subarray(-32));
}

const keys = generateKeyPairSync('ed25519');
const KEY = hexOfBytes(rawKey(keys.publicKey));

function release(
  sequence: number,
  image: Uint8Array,
  changes: { model?: string; key?: KeyObject } = {},
): string {
  const lines = offerLines({
    model: changes.model ?? 'esp12f-4ch',
    sequence,
    version: `0.${sequence}.0`,
    sizeBytes: image.byteLength,
    sha256: sha256Hex(image),
  });
  const signature = sign(null, Buffer.from(lines), changes.key ?? keys.privateKey);
  return `${lines}signature ${signature.toString('hex')}\n`;
}

describe('an offer', () => {
  const running = { model: 'esp12f-4ch', sequence: 3, failedSequence: 5 };
  const offer = (sequence: number, changes = {}) => {
    const parsed = parseOffer(release(sequence, new Uint8Array(10), changes));
    if (!parsed) throw new Error('no offer');
    return parsed;
  };
  test('is read as it was written', () => {
    expect(offer(4)).toMatchObject({ model: 'esp12f-4ch', sequence: 4, version: '0.4.0', sizeBytes: 10 });
  });
  test.each([
    ['an older one', 2, {}, 'not newer'],
    ['the running one', 3, {}, 'not newer'],
    ['one that failed its trial', 5, {}, 'failed its trial'],
    ['one for another board', 4, { model: 'esp32-8ch' }, 'other model'],
  ])('%s is refused', (_, sequence, changes, why) => {
    expect(objection(offer(sequence, changes), running)).toBe(why);
  });
  test('one larger than the slot is refused', () => {
    expect(objection({ ...offer(4), sizeBytes: MAX_IMAGE_BYTES + 1 }, running)).toBe('too large');
  });
  test.each([
    '',
    'wattward-firmware 2\n',
    release(4, new Uint8Array(1)).replace('\nsize', '\nsize 0'),
    'x'.repeat(9999),
  ])('rubbish is none', (rubbish) => {
    expect(parseOffer(rubbish)).toBeUndefined();
  });
});

/** Two slots of flash; a chosen one runs after the restart. */
class StubFlash {
  readonly slots: [Uint8Array, Uint8Array];
  active: 0 | 1 = 0;
  chosen: 0 | 1 = 0;
  /** Erases the whole slot when it is opened, as some SDKs do. */
  erasesAtOnce = false;
  readonly logs: string[] = [];

  constructor(first: Uint8Array) {
    this.slots = [padded(first), padded(new Uint8Array(0))];
  }

  restart(): void {
    this.active = this.chosen;
  }

  get ports(): UpdatePorts {
    const reader = (slot: () => Uint8Array) => ({
      read: (byteLength: number, offset: number) => slot().slice(offset, offset + byteLength),
    });
    const other = (): 0 | 1 => (this.active === 0 ? 1 : 0);
    return {
      running: reader(() => this.slots[this.active]),
      slot: {
        ...reader(() => this.slots[other()]),
        open: () => {
          if (this.erasesAtOnce) this.slots[other()].fill(255);
          let at = 0;
          return {
            write: (bytes) => {
              this.slots[other()].set(bytes, at);
              at += bytes.byteLength;
            },
            complete: () => {
              this.chosen = other();
            },
            close: () => undefined,
          };
        },
      },
      sha256: () => {
        const hash = createHash('sha256');
        return { write: (bytes) => void hash.update(bytes), close: () => hash.digest('hex') };
      },
      sha512,
      encode: text.encode,
      log: (words) => void this.logs.push(words),
    };
  }
}

function padded(image: Uint8Array): Uint8Array {
  const slot = new Uint8Array(MAX_IMAGE_BYTES).fill(255);
  slot.set(image);
  return slot;
}

class Bench {
  readonly flash: StubFlash;
  readonly settings = new StubSettings();
  offer: string | undefined;
  image: Uint8Array = new Uint8Array(0);
  linked = true;
  allSafe = true;
  restarts = 0;
  fetched = 0;
  nowMs = 0;
  service: UpdateService;

  constructor(first: Uint8Array) {
    this.flash = new StubFlash(first);
    this.service = this.#start();
  }

  #start(): UpdateService {
    const board = this;
    return new UpdateService({
      ports: this.flash.ports,
      settings: this.settings,
      model: 'esp12f-4ch',
      builtSequence: 1,
      publicKeyHex: KEY,
      nowMs: this.nowMs,
      board: {
        get linked() {
          return board.linked;
        },
        get allSafe() {
          return board.allSafe;
        },
        restart: () => {
          board.restarts += 1;
        },
      },
      fetch: {
        offer: (onText) => onText(this.offer),
        image: (onPiece, onEnd) => {
          this.fetched += 1;
          for (let at = 0; at < this.image.length; at += 1460) onPiece(this.image.subarray(at, at + 1460));
          onEnd();
        },
      },
    });
  }

  reboot(): void {
    this.flash.restart();
    this.service = this.#start();
    this.work();
  }

  work(): void {
    for (let i = 0; i < 2000 && this.service.busy; i += 1) this.service.work();
  }

  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 60_000) {
      this.nowMs += 60_000;
      this.service.tick(this.nowMs);
      this.work();
    }
  }
}

const first = randomBytes(50_000);
const second = randomBytes(70_001);
let bench: Bench;

function offered(offer: string, image: Uint8Array = second): Bench {
  const b = new Bench(first);
  b.offer = offer;
  b.image = image;
  return b;
}

describe('an update', () => {
  beforeAll(() => {
    bench = offered(release(2, second));
    bench.pass(FIRST_ASK_MS);
  });
  test('is fetched an hour after the start, checked and chosen, and the board restarts into it', () => {
    expect([bench.restarts, bench.flash.chosen]).toEqual([1, 1]);
    expect(bench.flash.slots[1].subarray(0, second.length)).toEqual(new Uint8Array(second));
  });
  test('that holds its link for five minutes stays, and is not fetched again', () => {
    bench.reboot();
    bench.pass(600_000);
    for (let start = 0; start < 5; start += 1) bench.reboot();
    expect(bench.flash.active).toBe(1);
    bench.pass(ASK_EVERY_MS + FIRST_ASK_MS);
    expect(bench.fetched).toBe(1);
  });

  test.each([
    [
      'with a foreign signature',
      release(2, second, { key: generateKeyPairSync('ed25519').privateKey }),
      second,
      0,
    ],
    ['for another model', release(2, second, { model: 'esp32' }), second, 0],
    ['whose lines were changed', release(2, second).replace('sequence 2', 'sequence 9'), second, 0],
    ['with a damaged image', release(2, second), second.map((b, i) => (i === 44_000 ? b ^ 1 : b)), 1],
    ['that is cut off', release(2, second), second.subarray(0, 60_000), 1],
    ['with more than was signed', release(2, second), Buffer.concat([second, first]), 1],
  ])('%s changes nothing', (_, offer, image, fetched) => {
    const b = offered(offer, image);
    b.pass(FIRST_ASK_MS);
    expect([b.restarts, b.flash.chosen, b.fetched]).toEqual([0, 0, fetched]);
    expect(b.flash.logs.length).toBeGreaterThan(0);
    expect(b.service.busy).toBe(false);
  });

  test('waits until every relay is in its safe state', () => {
    const b = offered(release(2, second));
    b.allSafe = false;
    b.pass(FIRST_ASK_MS + 3_600_000);
    expect([b.fetched, b.restarts]).toEqual([0, 0]);
    b.allSafe = true;
    b.pass(60_000);
    expect([b.fetched, b.restarts]).toEqual([1, 1]);
  });

  test('does not restart while a load came on in the meantime', () => {
    const b = offered(release(2, second));
    b.pass(FIRST_ASK_MS - 60_000);
    b.nowMs += 60_000;
    b.service.tick(b.nowMs);
    while (b.flash.chosen === 0) b.service.work();
    b.allSafe = false;
    b.work();
    expect(b.restarts).toBe(0);
    b.allSafe = true;
    b.work();
    expect(b.restarts).toBe(1);
  });
});

describe('a firmware that does not reach the box', () => {
  function updated(): Bench {
    const b = offered(release(2, second));
    b.pass(FIRST_ASK_MS);
    b.linked = false;
    return b;
  }

  test('is left after three starts: the old one is written back and runs again', () => {
    const b = updated();
    for (let start = 0; start < 3; start += 1) {
      b.reboot();
      expect(b.flash.active).toBe(1);
      b.pass(120_000);
    }
    b.reboot();
    expect(b.restarts).toBe(2);
    b.reboot();
    expect(b.flash.active).toBe(0);
    expect(b.flash.slots[0].subarray(0, first.length)).toEqual(new Uint8Array(first));
    b.linked = true;
    b.pass(FIRST_ASK_MS);
    expect(b.fetched).toBe(1);
    const third = randomBytes(1000);
    b.offer = release(3, third);
    b.image = third;
    b.pass(ASK_EVERY_MS + 60_000);
    expect([b.fetched, b.flash.chosen]).toEqual([2, 1]);
  });

  test('stays, alive, when the SDK erases the old one at once', () => {
    const b = updated();
    b.flash.erasesAtOnce = true;
    for (let start = 0; start < 6; start += 1) b.reboot();
    expect([b.flash.active, b.restarts]).toEqual([1, 1]);
    expect(b.flash.logs.at(-1)).toContain('could not be written back');
  });

  test('counts its starts even when it never gets further', () => {
    const settings = new StubSettings();
    settings.set('starts', 1);
    expect(new Trial(settings).countStart()).toBe(false);
    expect(new Trial(settings).countStart()).toBe(true);
  });
});
