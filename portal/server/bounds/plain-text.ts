/**
 * What people may write into names and notes. A name stands beside others in lists, in the audit and in signed messages:
 * it must be one line, read in one direction, and be nobody else's at a glance. One place for every door: accounts,
 * organisations, sites, notes.
 */
import * as z from 'zod';

/** Words that stand for a part of the system in the audit. */
const RESERVED: readonly string[] = [
  'box',
  'portal',
  'signer',
  'broker',
  'system',
  'wattward',
  'installer box',
];

/** Invisible, line-breaking, unassigned, private and half characters; but for the joiners that some scripts need. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}\p{Co}\p{Cn}\p{Cs}\p{Bidi_Control}]|(?![\u200c\u200d])\p{Cf}/u;
/** As in `Name <e-mail>`, which must have one reading. */
const BRACKETS = /[<>"]/;

/** Letters of other scripts that look like Latin ones. Source of the pairs: what the common fonts draw alike. */
const LOOK_ALIKE: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ['абвгеёзіїјкмнорстухѕԁԛԝһ', 'aбbгee3iijkmhopctyxsdqwh'],
    ['αβεικνορτυχωγη', 'abeikvoptuxwyn'],
    ['ıɑɡℓ0', 'iaglo'],
  ].flatMap(([from = '', to = '']) => [...from].map((letter, i) => [letter, [...to][i] ?? letter])),
);

/**
 * What a name looks like: two names with the same look are taken for each other. Without case, accents, blanks and
 * signs, with letters of other scripts as the Latin ones they look like. Vowels that a script writes as marks stay:
 * without them two Indian names would be one.
 */
export function lookOf(name: string): string {
  const letters = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}]|\p{Script=Inherited}/gu, '');
  return [...letters]
    .map((letter) => LOOK_ALIKE[letter] ?? letter)
    .join('')
    .replace(/[l1|]/g, 'i');
}

/** Why a name cannot be taken, as a person reads it; null when it can. */
export function nameProblem(name: string): string | null {
  if (UNFIT.test(name)) {
    return 'must be one line, without invisible characters or such that turn the direction of reading';
  }
  if (BRACKETS.test(name)) return 'must not hold < > or "';
  if (!/\p{L}|\p{N}/u.test(name)) return 'must have a letter or a digit';
  if (RESERVED.some((word) => lookOf(word) === lookOf(name))) return 'stands for a part of the system';
  if (name.split(/[\s-]+/).some(isMixed)) return 'must not mix Latin, Greek and Cyrillic letters in one word';
  return null;
}

function isMixed(word: string): boolean {
  const scripts = [/\p{Script=Latin}/u, /\p{Script=Greek}/u, /\p{Script=Cyrillic}/u];
  return scripts.filter((script) => script.test(word)).length > 1;
}

/** A name: trimmed, composed (NFC), one to `most` characters, one reading. */
export function plainName(most = 80): z.ZodType<string> {
  return z
    .string()
    .transform((text) => text.trim().normalize('NFC'))
    .pipe(
      z
        .string()
        .min(1)
        .max(most)
        .superRefine((name, context) => {
          const problem = nameProblem(name);
          if (problem !== null) context.addIssue({ code: 'custom', message: problem });
        }),
    );
}

/** A note: may have several lines, but none that reads otherwise than it is written. */
export function plainNote(most: number): z.ZodType<string> {
  return z
    .string()
    .max(most)
    .refine(
      (text) => !UNFIT.test(text.replace(/[\n\r\t]/g, ' ')),
      'must not hold invisible characters or such that turn the direction of reading',
    );
}
