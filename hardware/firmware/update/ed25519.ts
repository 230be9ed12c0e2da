/**
 * Verifies an Ed25519 signature [RFC 8032, 5.1.7] with whole numbers and nothing else, in small steps: on a chip of
 * 80 MHz the whole takes seconds, and a watchdog bites after three. Strict: encodings must be canonical, S below
 * the group's order, no key of small order. It handles public data only, so it need not run in constant time.
 */

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
const D = mod(-121_665n * inverse(121_666n));
const SQRT_MINUS_1 = power(2n, (P - 1n) / 4n);

/** Extended coordinates: x = X/Z, y = Y/Z, x*y = T/Z. */
interface PointOnCurve {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
  readonly t: bigint;
}

const NEUTRAL: PointOnCurve = { x: 0n, y: 1n, z: 1n, t: 0n };

export type Sha512 = (bytes: Uint8Array) => Uint8Array;

export interface Signed {
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  readonly publicKey: Uint8Array;
}

/** Bits of the scalars worked off in one step. */
const BITS_A_STEP = 8;

/**
 * Every `next()` does a part of the work; the last one returns the verdict.
 * @param signed signature of 64 bytes, public key of 32 bytes
 */
export function* verifying(signed: Signed, sha512: Sha512): Generator<undefined, boolean> {
  const { message, signature, publicKey } = signed;
  if (signature.length !== 64 || publicKey.length !== 32) return false;
  const s = little(signature.subarray(32));
  if (s >= ORDER) return false;
  const a = decode(publicKey);
  yield;
  const r = decode(signature.subarray(0, 32));
  yield;
  const base = basePoint();
  if (!a || !r || !base || isSmall(a)) return false;
  const h = little(sha512(joined(signature.subarray(0, 32), publicKey, message))) % ORDER;
  yield;
  // S*B - h*A must be R; both products in one pass over the bits.
  const minusA: PointOnCurve = { x: mod(-a.x), y: a.y, z: 1n, t: mod(-a.t) };
  const both = add(base, minusA);
  let sum = NEUTRAL;
  for (let bit = 252; bit >= 0; bit -= 1) {
    sum = add(sum, sum);
    const i = BigInt(bit);
    const [inS, inH] = [(s >> i) & 1n, (h >> i) & 1n];
    if (inS && inH) sum = add(sum, both);
    else if (inS) sum = add(sum, base);
    else if (inH) sum = add(sum, minusA);
    if (bit % BITS_A_STEP === 0) yield;
  }
  return mod(sum.x - r.x * sum.z) === 0n && mod(sum.y - r.y * sum.z) === 0n;
}

/** Of order 8 or less, as the key of all zeros: under such a key anybody can sign. */
function isSmall(point: PointOnCurve): boolean {
  const twice = add(point, point);
  const four = add(twice, twice);
  const { x, y, z } = add(four, four);
  return mod(x) === 0n && mod(y - z) === 0n;
}

/** Complete addition [RFC 8032, 5.1.4]; also doubles. */
function add(p: PointOnCurve, q: PointOnCurve): PointOnCurve {
  const a = mod((p.y - p.x) * (q.y - q.x));
  const b = mod((p.y + p.x) * (q.y + q.x));
  const c = mod(2n * D * mod(p.t * q.t));
  const d = mod(2n * p.z * q.z);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return { x: mod(e * f), y: mod(g * h), z: mod(f * g), t: mod(e * h) };
}

/** [RFC 8032, 5.1.3]; undefined when the bytes are no point or not its only encoding. */
function decode(bytes: Uint8Array): PointOnCurve | undefined {
  const whole = little(bytes);
  const sign = whole >> 255n;
  const y = whole & (2n ** 255n - 1n);
  if (y >= P) return undefined;
  const y2 = mod(y * y);
  const u = mod(y2 - 1n);
  const v = mod(D * y2 + 1n);
  const v3 = mod(v * v * v);
  let x = mod(u * v3 * power(mod(u * v3 * v3 * v), (P - 5n) / 8n));
  const check = mod(v * x * x);
  if (check !== u) {
    if (check !== mod(-u)) return undefined;
    x = mod(x * SQRT_MINUS_1);
  }
  if (x === 0n && sign === 1n) return undefined;
  if ((x & 1n) !== sign) x = mod(-x);
  return { x, y, z: 1n, t: mod(x * y) };
}

/** The point with y = 4/5 and even x. */
function basePoint(): PointOnCurve | undefined {
  let y = mod(4n * inverse(5n));
  const bytes = new Uint8Array(32);
  for (let i = 0; i < 32; i += 1) {
    bytes[i] = Number(y & 255n);
    y >>= 8n;
  }
  return decode(bytes);
}

function mod(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = mod(base);
  for (let left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

function inverse(value: bigint): bigint {
  return power(value, P - 2n);
}

/** Least significant byte first. */
function little(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i -= 1) value = (value << 8n) | BigInt(bytes[i] ?? 0);
  return value;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
