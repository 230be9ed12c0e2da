import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Snapshot } from '../../src/record/store.ts';
import { readRecord, writtenRecord } from '../../src/replay/cycle-record.ts';
import { newestCycle, replayRange } from '../../src/replay/replay-range.ts';
import { type LogReader, openLogReader } from '../../src/store/log-reader.ts';
import { START_MS } from '../core/home.ts';
import { opened, removeFolder, tempFolder } from '../store/opened-store.ts';
import { playing, recordEvening, SOFTWARE, type Tape, tapeOf } from './recorded-home.ts';

const SECONDS = 5_000;
const ALL = { fromMs: START_MS, toMs: START_MS + SECONDS * 1000, software: SOFTWARE };

let dir: string;
let reader: LogReader;
let tape: Tape;

beforeAll(async () => {
  dir = tempFolder();
  const { store } = await opened(dir);
  await recordEvening(store, 'boot-1', SECONDS);
  await store.close();
  const found = openLogReader(dir);
  if (!found) throw new Error('nothing was recorded');
  reader = found;
  tape = await tapeOf(reader);
}, 60_000);

afterAll(() => {
  reader.close();
  removeFolder(dir);
});

/** The tape with the records of one block changed. */
function changed(block: number, change: (records: Snapshot[]) => Snapshot[] | null): Tape {
  const blocks = tape.blocks.map((one, i) => {
    if (i !== block || !one.snapshots) return one;
    return { ...one, snapshots: change([...one.snapshots]) };
  });
  return { ...tape, blocks };
}

const cycleOf = ({ json }: Snapshot): number => (JSON.parse(json) as { n: number }).n;
const at = (block: number, index: number): Snapshot => {
  const found = tape.blocks[block]?.snapshots?.[index];
  if (!found) throw new Error(`no record ${block}/${index}`);
  return found;
};

describe('an evening as it was recorded', () => {
  test('is decided again bit for bit, over set-points, a plan, shedding and a silent meter', async () => {
    const report = await replayRange(reader, ALL);
    expect(report).toMatchObject({ equalCycles: SECONDS, firstDifference: null, foreignSoftware: null });
    expect(report.minutes).toBe(Math.floor(SECONDS / 60));
    expect(await reader.verifyMinutes()).toMatchObject({ ok: true });
  });

  test('also from the middle: the hour before gives the frame', async () => {
    const fromMs = START_MS + 4_000_000;
    const report = await replayRange(reader, { ...ALL, fromMs, toMs: fromMs + 600_000 });
    expect(report).toMatchObject({ equalCycles: 601, firstDifference: null });
  });

  test('its newest cycle can be had for an explanation', async () => {
    const newest = await newestCycle(reader, reader.newestMs() ?? 0, SOFTWARE);
    expect(newest?.record.cycle).toBe(SECONDS);
    expect(newest?.plan?.id).toBe('plan-1');
  });

  test('a span without records proves nothing and says so', async () => {
    const report = await replayRange(reader, { ...ALL, fromMs: 0, toMs: 1000 });
    expect(report).toMatchObject({ equalCycles: 0, firstDifference: null });
  });
});

describe('what was tampered with is found with its index', () => {
  const where = fc.nat(SECONDS - 2).map((n) => ({ block: Math.floor(n / 50), index: n % 50 }));

  const difference = async (tampered: Tape) => (await replayRange(playing(tampered), ALL)).firstDifference;

  test('any character of any record', async () => {
    await fc.assert(
      fc.asyncProperty(where, fc.nat(), fc.constantFrom('0', '7', 'x', ' '), async (place, n, character) => {
        const { json } = at(place.block, place.index);
        const i = n % json.length;
        fc.pre(json[i] !== character);
        const tampered = changed(place.block, (records) =>
          records.with(place.index, {
            ...at(place.block, place.index),
            json: json.slice(0, i) + character + json.slice(i + 1),
          }),
        );
        const found = await difference(tampered);
        expect(found?.cycle).toBe(cycleOf(at(place.block, place.index)));
      }),
      { numRuns: 25 },
    );
  }, 60_000);

  test.each<[string, (place: { block: number; index: number }) => Tape]>([
    [
      'its time',
      ({ block, index }) =>
        changed(block, (records) => records.with(index, { ...at(block, index), wallMs: START_MS + 1 })),
    ],
    ['a record taken out', ({ block, index }) => changed(block, (records) => records.toSpliced(index, 1))],
    [
      'a record put in twice',
      ({ block, index }) => changed(block, (records) => records.toSpliced(index, 0, at(block, index - 1))),
    ],
    [
      'two records swapped',
      ({ block, index }) =>
        changed(block, (records) =>
          records.with(index, at(block, index + 1)).with(index + 1, at(block, index)),
        ),
    ],
    ['a block that cannot be read', ({ block }) => changed(block, () => null)],
  ])('%s', async (what, tamper) => {
    const place = { block: 61, index: 20 };
    const found = await difference(tamper(place));
    const first = what.startsWith('a block') ? at(place.block, 0) : at(place.block, place.index);
    expect(found).toMatchObject({ cycle: cycleOf(first), field: null });
  });

  test('an end cut off: the minutes remember it', async () => {
    const blocks = tape.blocks.slice(0, -3);
    const found = await difference({ ...tape, blocks });
    expect(found).toMatchObject({ kind: 'missing', why: expect.stringContaining('which minute') });
  });

  test('a whole chain written anew around one reading: decision and minute give it away, by the field', async () => {
    const forgedAt = at(30, 10);
    let previous = '';
    const blocks = tape.blocks.map((block) => ({
      ...block,
      snapshots: (block.snapshots ?? []).map((one) => {
        const record = readRecord(one.json, { monoMs: one.monoMs, wallMs: one.wallMs }, one.boot);
        if (!record) throw new Error('unreadable');
        previous ||= record.key?.previous ?? '';
        const { grid } = record.snapshot;
        const lie = { ...grid, powerW: { ...grid.powerW, value: 23_000 } };
        const snapshot =
          one === forgedAt ? { ...record.snapshot, grid: lie as typeof grid } : record.snapshot;
        const key = record.key && { ...record.key, previous };
        const written = writtenRecord({ ...record, snapshot, ...(key && { key }) }, record.at, previous);
        previous = written.hash;
        return { ...one, json: written.json };
      }),
    }));
    const found = await difference({ blocks, minutes: [] });
    expect(found).toMatchObject({ kind: 'decision', cycle: cycleOf(forgedAt) });
    expect(found?.field).toMatch(/^(reason|loads|batteries|balance|demand)$/);
    const minute = await difference({ blocks, minutes: tape.minutes });
    expect(minute?.cycle).toBeLessThanOrEqual(cycleOf(forgedAt));
  });

  test('a state that does not follow is named by its path', async () => {
    const index = (tape.blocks[36]?.snapshots ?? []).findIndex(({ json }) => json.includes('"k":{'));
    const block = index >= 0 ? 36 : 37;
    const place = tape.blocks[block]?.snapshots?.findIndex(({ json }) => json.includes('"k":{')) ?? -1;
    const one = at(block, place);
    const record = readRecord(one.json, { monoMs: one.monoMs, wallMs: one.wallMs }, one.boot);
    if (!record?.key) throw new Error('no key frame');
    const state = { ...record.key.state, lastOnMs: 1 };
    const written = writtenRecord(
      { ...record, key: { ...record.key, state } },
      record.at,
      record.key.previous,
    );
    const found = await difference(
      changed(block, (records) => records.with(place, { ...one, json: written.json })),
    );
    expect(found).toMatchObject({ kind: 'state', field: 'lastOnMs', cycle: record.cycle });
  });

  test('on the disk itself: a bit flipped in a block, a minute changed in its row', async () => {
    const copy = tempFolder();
    const { store } = await opened(copy);
    await recordEvening(store, 'boot-1', 400);
    await store.close();
    const db = new DatabaseSync(path.join(copy, 'log.db'));
    db.exec('UPDATE minute SET json = replace(json, \'"demandW":\', \'"demandW":1\') WHERE seq = 4');
    const row = db.prepare('SELECT id, body FROM snapshot ORDER BY id LIMIT 1 OFFSET 5').get();
    const body = Buffer.from(row?.body as Uint8Array);
    body[100] = (body[100] ?? 0) ^ 4;
    db.prepare('UPDATE snapshot SET body = ? WHERE id = ?').run(body, Number(row?.id));
    db.close();
    const damaged = openLogReader(copy);
    if (!damaged) throw new Error('nothing there');
    const found = (await replayRange(damaged, { ...ALL, toMs: START_MS + 400_000 })).firstDifference;
    expect(found).toMatchObject({ kind: 'changed', cycle: 251 });
    expect(await damaged.verifyMinutes()).toMatchObject({ ok: false, firstBadSeq: 4 });
    damaged.close();
    removeFolder(copy);
  });
});
