import { expect, test } from '@jest/globals';
import { parseMessage } from '@wattward/broker/wire/message';
import { drawHome } from '../../../src/loop/campaign/drawn-home.ts';
import { Random } from '../../../src/loop/campaign/random.ts';
import { RemoteOracle } from '../../../src/loop/campaign/remote/remote-oracle.ts';
import { type Envelope, VirtualCloud } from '../../../src/loop/campaign/remote/virtual-cloud.ts';

const NOW_MS = Date.UTC(2026, 5, 1, 12);

function judged() {
  const broken: string[] = [];
  const oracle = new RemoteOracle((invariant, _atMs, holds) => {
    if (!holds) broken.push(invariant);
  });
  const cloud = new VirtualCloud(new Random(7), new Random(8));
  const look = (nowMs: number, ...inForce: readonly Envelope[]) =>
    oracle.look({ nowMs, inForce, onDisk: JSON.stringify(inForce) });
  return { broken, oracle, cloud, look };
}

test('an approved set-point may act from its begin to its end, and then never again', () => {
  const { broken, oracle, cloud, look } = judged();
  const approved = cloud.approve('boot-1', NOW_MS, 'peak-threshold');
  expect(oracle.mayTake(approved, { challenge: 'boot-1', wallMs: NOW_MS })).toBe(true);
  oracle.taken(approved, NOW_MS, NOW_MS);
  look(NOW_MS, approved);
  expect(oracle.thresholdW).toBe(approved.value.watts);
  look(approved.expiresMs, approved);
  look(approved.expiresMs + 1_000);
  expect(broken).toEqual([]);
  expect(oracle.mayTake(approved, { challenge: 'boot-1', wallMs: NOW_MS })).toBe(false);
  look(approved.expiresMs + 2_000, approved);
  expect(broken).toEqual(['I25']);
});

test('what acts without leave, too long, or ends before its time is seen', () => {
  const { broken, oracle, cloud, look } = judged();
  look(NOW_MS, cloud.approve('boot-1', NOW_MS, 'peak-threshold'));
  expect(broken).toEqual(['I24']);
  const approved = cloud.approve('boot-1', NOW_MS, 'battery-reserve');
  oracle.taken(approved, NOW_MS, NOW_MS);
  look(NOW_MS + 1_000, approved);
  look(NOW_MS + 2_000);
  expect(broken).toEqual(['I24', 'I26']);
});

test('each sender is judged by its own keys: what one sends neither ends nor numbers what the other has', () => {
  const { broken, oracle, cloud, look } = judged();
  const box = { challenge: 'boot-1', wallMs: NOW_MS };
  const approved = cloud.approve('boot-1', NOW_MS, 'import-limit');
  const ordered = cloud.order('boot-1', NOW_MS);
  oracle.taken(ordered, NOW_MS, NOW_MS);
  expect(oracle.mayTake(approved, box)).toBe(true);
  oracle.taken(approved, NOW_MS, NOW_MS);
  look(NOW_MS, approved, ordered);
  expect(oracle.importLimitW).toBe(Math.min(Number(approved.value.watts), Number(ordered.value.watts)));
  for (let i = 0; i < 20; i += 1) {
    const meddling = cloud.meddle('boot-1', NOW_MS);
    expect(oracle.mayTake(meddling, box)).toBe(true);
    oracle.taken(meddling, NOW_MS, NOW_MS);
  }
  look(NOW_MS + 1_000, approved, ordered);
  expect(broken).toEqual([]);
  look(NOW_MS + 2_000, ordered);
  expect(broken).toEqual(['I26']);
});

test('a setting that nobody may move, or a number beyond its bounds, is seen', () => {
  const { broken, oracle } = judged();
  const { settings } = drawHome(new Random(3)).site;
  const { bounds, peak, grid } = settings;
  const followed = (now: Partial<typeof settings>) => {
    broken.length = 0;
    oracle.followed({ ...settings, ...now }, settings, NOW_MS);
    return broken;
  };
  expect(followed({})).toEqual([]);
  expect(followed({ peak: { ...peak, thresholdW: bounds.peakThresholdW.max } })).toEqual([]);
  expect(followed({ peak: { ...peak, thresholdW: bounds.peakThresholdW.max + 1 } })).toEqual(['I27']);
  expect(followed({ grid: { ...grid, importLimitW: bounds.importLimitW.min - 1 } })).toEqual(['I27']);
  expect(followed({ grid: { ...grid, fuseA: grid.fuseA + 1 } })).toEqual(['I27']);
});

test('nothing that is forged may be taken, and every kind of forgery is made', () => {
  const { oracle, cloud } = judged();
  const seen = new Set<string>();
  for (let i = 0; i < 200; i += 1) {
    const forged = i % 2 === 0 ? cloud.forge('boot-1', NOW_MS) : cloud.forgeKeys('boot-1', NOW_MS);
    expect(oracle.mayTake(forged, { challenge: 'boot-1', wallMs: NOW_MS })).toBe(false);
    seen.add(parseMessage('siteSetpoint', forged.text).ok ? 'readable' : 'garbage');
  }
  expect(seen).toEqual(new Set(['readable', 'garbage']));
});
