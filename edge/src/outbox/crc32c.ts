/**
 * CRC-32C (Castagnoli, reflected, polynomial 0x82F63B78): the check value of every row on the card.
 * One flipped bit of a main database file is silent to SQLite; this is what notices it.
 * Source: RFC 3720 appendix B.4 ("123456789" gives 0xE3069283).
 */

const SLICES = 8;
const TABLES: readonly Uint32Array[] = makeTables();

/** The check value of `bytes`, an unsigned 32-bit number; `seed` is the value of what came before. */
export function crc32c(bytes: Uint8Array, seed = 0): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES as unknown as readonly Uint32Array[] & { length: 8 };
  if (!t0 || !t1 || !t2 || !t3 || !t4 || !t5 || !t6 || !t7) throw new RangeError('CRC tables are missing');
  let crc = ~seed;
  let i = 0;
  const at = (table: Uint32Array, index: number): number => table[index & 255] as number;
  const byte = (index: number): number => bytes[index] as number;
  for (const end = bytes.length - 7; i < end; i += 8) {
    crc =
      at(t7, crc ^ byte(i)) ^
      at(t6, (crc >>> 8) ^ byte(i + 1)) ^
      at(t5, (crc >>> 16) ^ byte(i + 2)) ^
      at(t4, (crc >>> 24) ^ byte(i + 3)) ^
      at(t3, byte(i + 4)) ^
      at(t2, byte(i + 5)) ^
      at(t1, byte(i + 6)) ^
      at(t0, byte(i + 7));
  }
  for (; i < bytes.length; i++) crc = at(t0, crc ^ byte(i)) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The same over a text of ASCII characters (heads of rows, keys). */
export function crc32cText(text: string, seed = 0): number {
  const [table] = TABLES;
  let crc = ~seed;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    crc = ((table?.[(crc ^ unit) & 255] as number) ^ (crc >>> 8)) | 0;
    if (unit > 255) crc = ((table?.[(crc ^ (unit >>> 8)) & 255] as number) ^ (crc >>> 8)) | 0;
  }
  return ~crc >>> 0;
}

function makeTables(): Uint32Array[] {
  const tables = Array.from({ length: SLICES }, () => new Uint32Array(256));
  for (let n = 0; n < 256; n++) {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
    (tables[0] as Uint32Array)[n] = crc;
  }
  for (let n = 0; n < 256; n++) {
    let crc = tables[0]?.[n] as number;
    for (let slice = 1; slice < SLICES; slice++) {
      crc = (tables[0]?.[crc & 255] as number) ^ (crc >>> 8);
      (tables[slice] as Uint32Array)[n] = crc;
    }
  }
  return tables;
}
