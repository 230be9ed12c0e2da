import { expect, test } from '@jest/globals';
import type { Setpoint } from '@wattward/broker/wire/setpoint';
import { advanceBook, type Book, EMPTY_BOOK, MAX_HELD, takeSetpoint } from '../../src/setpoint/book.ts';
import { ordered, ports, signed, T0 } from './signed-setpoints.ts';

const MINUTE_MS = 60_000;

function taken(book: Book, seq: number, fromMin: number, toMin: number): Book {
  const text = signed({
    id: `proposal-${seq}`,
    seq,
    notBefore: new Date(T0 + fromMin * MINUTE_MS).toISOString(),
    expires: new Date(T0 + toMin * MINUTE_MS).toISOString(),
  });
  const parsed = ports.parse(text);
  if (!parsed.ok) throw new Error(parsed.problem);
  const message: Setpoint = parsed.message;
  return takeSetpoint(book, message, 'portal', { monoMs: 0, wallMs: T0 }).book;
}

const holding = (book: Book, atMin: number) =>
  advanceBook(book, { monoMs: atMin * MINUTE_MS, wallMs: null }).book;
const active = (book: Book) => book.held.filter(({ isActive }) => isActive).map(({ id }) => id);

test('an older set-point that would begin while a newer one holds waits until that is over', () => {
  const laterFirst = taken(EMPTY_BOOK, 1, 30, 120);
  const both = holding(taken(laterFirst, 2, 0, 60), 1);
  expect(active(both)).toEqual(['proposal-2']);
  const meanwhile = holding(both, 40);
  expect(active(meanwhile)).toEqual(['proposal-2']);
  expect(active(holding(meanwhile, 60))).toEqual(['proposal-1']);
});

test('an older set-point whose time is over before the newer one ends never holds', () => {
  const both = holding(taken(taken(EMPTY_BOOK, 1, 30, 50), 2, 0, 60), 1);
  const { book, transitions } = advanceBook(holding(both, 40), { monoMs: 55 * MINUTE_MS, wallMs: null });
  expect(transitions).toMatchObject([{ id: 'proposal-1', status: 'expired' }]);
  expect(active(book)).toEqual(['proposal-2']);
});

test('a key that sends more than is held at once loses its own oldest, never what another has sent', () => {
  let book = taken(EMPTY_BOOK, 1, 0, 60);
  for (let seq = 1; seq <= MAX_HELD + 5; seq += 1) {
    const later = { notBefore: new Date(T0 + 30 * MINUTE_MS).toISOString() };
    const parsed = ports.parse(ordered({ id: `limit-number-${seq}`, seq, ...later }));
    if (!parsed.ok) throw new Error(parsed.problem);
    book = takeSetpoint(book, parsed.message, 'operator', { monoMs: 0, wallMs: T0 }).book;
  }
  expect(active(book)).toEqual(['proposal-1']);
  expect(book.held).toHaveLength(MAX_HELD + 1);
  expect(book.held.at(-1)?.id).toBe(`limit-number-${MAX_HELD + 5}`);
});
