/**
 * The code on the label: 20 characters, 100 random bits, drawn by the board at its first start. It is the board's
 * factory secret until its claim, its first 8 characters are the password of the set-up network, and its
 * fingerprint in `hello` lets the box recognise the board whose code the installer has typed.
 */

/** Crockford's alphabet: no letter that looks like a digit. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const LENGTH = 20;

export function claimCode(random32: () => number): string {
  let code = '';
  while (code.length < LENGTH) code += ALPHABET[(random32() >>> 0) % ALPHABET.length] ?? '';
  return code;
}

/** The first 16 hexadecimal digits of SHA-256 over the code as typed: upper case, no separators. */
export function claimFingerprint(code: string, sha256Hex: (text: string) => string): string {
  return sha256Hex(code).slice(0, 16);
}
