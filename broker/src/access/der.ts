/** Just enough of DER [X.690] to write a certificate: tag, length, value. */

export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOctets(body.length), body]);
}

export const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]) => der(0x31, ...parts);
export const octets = (bytes: Uint8Array) => der(0x04, bytes);
export const utf8 = (text: string) => der(0x0c, Buffer.from(text, 'utf8'));
export const yes = der(0x01, Buffer.from([0xff]));
/** `[n]` with everything inside. */
export const context = (n: number, ...parts: readonly Uint8Array[]) => der(0xa0 + n, ...parts);
/** `[n]` in place of the type's own tag. */
export const contextPrimitive = (n: number, bytes: Uint8Array) => der(0x80 + n, bytes);

/** A whole number of at least 0 from its big-endian bytes. */
export function integer(bytes: Uint8Array): Buffer {
  let first = 0;
  while (first < bytes.length - 1 && bytes[first] === 0) first += 1;
  const trimmed = bytes.subarray(first);
  return der(0x02, Buffer.from((trimmed[0] ?? 0) >= 0x80 ? [0] : []), trimmed);
}

/** Bits counted from the left; `unused` ones at the end do not count. */
export function bits(bytes: Uint8Array, unused = 0): Buffer {
  return der(0x03, Buffer.from([unused]), bytes);
}

/** An object identifier in dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const octetsOf = (arc: number): number[] => {
    const digits = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) digits.unshift((left & 0x7f) | 0x80);
    return digits;
  };
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(octetsOf)]));
}

/** UTCTime until 2049, GeneralizedTime after it [RFC 5280, 4.1.2.5]. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, '');
  return at.getUTCFullYear() < 2050
    ? der(0x17, Buffer.from(digits.slice(2)))
    : der(0x18, Buffer.from(digits));
}

function lengthOctets(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const digits: number[] = [];
  for (let left = length; left > 0; left >>>= 8) digits.unshift(left & 0xff);
  return Buffer.from([0x80 | digits.length, ...digits]);
}
