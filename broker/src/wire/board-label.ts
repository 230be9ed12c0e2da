/**
 * The label of a relay board: 20 characters of Crockford's alphabet, 100 random bits. They are its secret at the
 * broker until its claim, and what the installer types to claim it.
 */
const CODE = /^[0-9A-HJKMNP-TV-Z]{20}$/;

/** As the board knows it: upper case, no separators, no letter that looks like a digit. */
export function labelCode(typed: string): string {
  return typed
    .toUpperCase()
    .replaceAll(/[^0-9A-Z]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1');
}

export function isLabelCode(code: string): boolean {
  return CODE.test(code);
}
