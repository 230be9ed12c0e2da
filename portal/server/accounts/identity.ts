/** How a person is named in records that outlive the account, and on the wire, where the name has a bound. */
import { LONGEST_IDENTITY } from '@wattward/broker/wire/setpoint';
import { sha256Hex } from './tokens.ts';

/** An e-mail of this length leaves room for a name. */
export const LONGEST_EMAIL = 100;
const SHORTEST_NAME_SHOWN = 8;

export interface Named {
  readonly name: string;
  readonly email: string;
}

/** One spelling of an e-mail, by which a person is known. */
export function normalEmail(email: string): string {
  return email.trim().toLowerCase();
}

/** Whether name and e-mail fit the wire uncut: asked where accounts are made. */
export function fitsTheWire({ name, email }: Named): boolean {
  return email.length <= LONGEST_EMAIL && whole(name, email).length <= LONGEST_IDENTITY;
}

/**
 * `Name <e-mail>`, at most `LONGEST_IDENTITY` long. Of accounts made before there was a bound the name is cut first;
 * an e-mail that is cut keeps a digest of the whole, so that two people never look the same.
 */
export function whoIs({ name, email }: Named): string {
  if (whole(name, email).length <= LONGEST_IDENTITY) return whole(name, email);
  const frame = whole('', '').length;
  const roomForEmail = LONGEST_IDENTITY - frame - SHORTEST_NAME_SHOWN;
  const shownEmail =
    email.length <= roomForEmail ? email : `${cut(email, roomForEmail - 8)}${sha256Hex(email).slice(0, 8)}`;
  return whole(cut(name, LONGEST_IDENTITY - frame - shownEmail.length), shownEmail);
}

function whole(name: string, email: string): string {
  return `${name} <${email}>`;
}

/** At most `most` UTF-16 units, never half a character, the cut shown. */
function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  let kept = '';
  for (const character of text) {
    if (kept.length + character.length > most - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
