/**
 * People's passwords: scrypt with a salt each. Whoever hashes waits for a turn in the queue, so that signing in cannot
 * exhaust memory. Cost after the OWASP password storage cheat sheet (N=2^15, r=8, p=3: 32 MiB).
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { ProblemError } from '../problems/problem.ts';
import { COMMON_PASSWORDS } from './common-passwords.ts';
import { HashQueue } from './hash-queue.ts';

export interface ScryptCost {
  readonly n: number;
  readonly r: number;
  readonly p: number;
}
export const SCRYPT_COST: ScryptCost = { n: 32_768, r: 8, p: 3 };

const KEY_BYTES = 32;

export class Passwords {
  readonly #cost: ScryptCost;
  /** Every call of `hash` and `verify` for a request takes its turn here. */
  readonly queue = new HashQueue();
  #unknown: Promise<string> | undefined;

  constructor(cost: ScryptCost = SCRYPT_COST) {
    this.#cost = cost;
  }

  /** `scrypt$n$r$p$salt$key`, salt and key base64url. */
  async hash(password: string): Promise<string> {
    const { n, r, p } = this.#cost;
    const salt = randomBytes(16);
    const key = await this.#derive(password, salt, this.#cost);
    return ['scrypt', n, r, p, salt.toString('base64url'), key.toString('base64url')].join('$');
  }

  /** @param stored null for somebody unknown: takes as long, and is never right. */
  async verify(password: string, stored: string | null): Promise<boolean> {
    this.#unknown ??= this.hash(randomBytes(16).toString('hex'));
    const [, n, r, p, salt, key] = (stored ?? (await this.#unknown)).split('$');
    const expected = Buffer.from(key ?? '', 'base64url');
    const cost = { n: Number(n), r: Number(r), p: Number(p) };
    const actual = await this.#derive(password, Buffer.from(salt ?? '', 'base64url'), cost);
    return actual.length === expected.length && timingSafeEqual(actual, expected) && stored !== null;
  }

  #derive(password: string, salt: Buffer, { n, r, p }: ScryptCost): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const options = { N: n, r, p, maxmem: 256 * n * r };
      scrypt(password.normalize('NFKC'), salt, KEY_BYTES, options, (error, key) =>
        error ? reject(error) : resolve(key),
      );
    });
  }
}

/** @throws ProblemError `weak-password`. Length counts, not character classes (NIST SP 800-63B). */
export function checkPassword(
  password: string,
  about: { readonly name: string; readonly email: string },
): void {
  const lower = password.toLowerCase();
  const own = [about.email, about.email.split('@')[0] ?? '', about.name].map((word) => word.toLowerCase());
  if (password.length < 12)
    throw new ProblemError('weak-password', 'The password is shorter than 12 characters');
  if (password.length > 128)
    throw new ProblemError('weak-password', 'The password is longer than 128 characters');
  if (own.includes(lower)) throw new ProblemError('weak-password', 'The password is your name or e-mail');
  if (new Set(lower).size < 4)
    throw new ProblemError('weak-password', 'The password repeats a few characters');
  if (COMMON_PASSWORDS.some((word) => lower === word || lower === word + word)) {
    throw new ProblemError('weak-password', 'The password is among the most common ones');
  }
}
