import { describe, expect, test } from '@jest/globals';
import type { Answer } from '../../src/delivery/answers.ts';
import { Courier } from '../../src/delivery/courier.ts';
import type { Lane, Picked, Wish } from '../../src/outbox/lanes.ts';

const status = (code: number, retryAfter: string | null = null): Answer => ({
  kind: 'status',
  status: code,
  retryAfter,
  body: `answer ${code}`,
});

interface Sent {
  readonly atMs: number;
  readonly lane: Lane;
  readonly lines: readonly string[];
}

/** Drives the courier in virtual time against a server that is a function. */
class Street {
  nowMs = 0;
  readonly sent: Sent[] = [];
  readonly settled: { id: string; delivered: number; quarantined: string[]; expired?: number }[] = [];
  readonly courier: Courier;
  readonly waiting: Picked[] = [];
  readonly server: (sent: Sent) => Answer;

  constructor(
    server: (sent: Sent) => Answer,
    options: Partial<ConstructorParameters<typeof Courier>[0]> = {},
  ) {
    this.server = server;
    this.courier = new Courier({ random: () => 0.5, ...options });
  }

  put(id: string, lines: readonly string[], lane: Lane = 'backfill'): void {
    this.waiting.push({ id, lane, lines, firstMs: 0, lastMs: 0 });
    this.courier.wake();
  }

  /** Runs until there is nothing left to do, or `untilMs`. */
  run(untilMs = Number.POSITIVE_INFINITY): void {
    for (let steps = 0; steps < 20_000; steps++) {
      const step = this.courier.next(this.nowMs);
      if (step.do === 'fetch') this.courier.fetched(this.#fetch(step.wish));
      else if (step.do === 'settle') {
        const quarantined = step.outcome.quarantined.map(({ line }) => line);
        const { deliveredPoints: delivered, expiredPoints: expired = 0 } = step.outcome;
        this.settled.push({ id: step.id, delivered, quarantined, ...(expired > 0 ? { expired } : {}) });
      } else if (step.do === 'send') {
        const sent = { atMs: this.nowMs, lane: step.lane, lines: step.lines };
        this.sent.push(sent);
        this.nowMs += 10;
        this.courier.answered(this.server(sent), this.nowMs, 10);
      } else {
        if (step.untilMs === null || step.untilMs > untilMs) return;
        this.nowMs = step.untilMs;
      }
    }
    throw new Error('the courier does not come to rest');
  }

  #fetch({ maxLines, lanes, skip }: Wish): Picked | null {
    for (const lane of lanes) {
      const at = this.waiting.findIndex((batch) => batch.lane === lane && !skip.includes(batch.id));
      if (at < 0) continue;
      const [batch] = this.waiting.splice(at, 1);
      return batch ? { ...batch, lines: batch.lines.slice(0, Math.max(maxLines, 1)) } : null;
    }
    return null;
  }
}

const lines = (count: number, name = 'line') => Array.from({ length: count }, (_, i) => `${name}-${i}`);

test('a batch leaves with 204 and with nothing else', () => {
  for (const code of [200, 201, 202, 301, 302, 304, 405, 410]) {
    const street = new Street(() => status(code));
    street.put('a', ['x']);
    street.run(1000);
    expect([code, street.settled, street.courier.trouble?.kind]).toEqual([code, [], 'refused']);
  }
  const street = new Street(() => status(204));
  street.put('a', ['x']);
  street.run();
  expect(street.settled).toEqual([{ id: 'a', delivered: 1, quarantined: [] }]);
});

test.each([401, 403, 404])(
  '%i keeps the data, is called refused, and is tried again within a minute',
  (code) => {
    let mended = false;
    const street = new Street(() => status(mended ? 204 : code));
    street.put('a', ['x']);
    street.run(30_000);
    expect(street.sent).toHaveLength(1);
    expect(street.courier.trouble).toMatchObject({ kind: 'refused', status: code, answer: `answer ${code}` });
    mended = true;
    street.run();
    expect(street.sent[1]?.atMs).toBeLessThanOrEqual(60_010);
    expect(street.courier.trouble).toBeNull();
    expect(street.settled).toHaveLength(1);
  },
);

test.each([
  ['429', '30', 30_000],
  ['503', '120', 120_000],
  ['503', '999999', 600_000],
])('%s with Retry-After %s waits so many seconds, not milliseconds', (code, retryAfter, waitMs) => {
  let first = true;
  const street = new Street(() => {
    const answer = first ? status(Number(code), retryAfter) : status(204);
    first = false;
    return answer;
  });
  street.put('a', ['x']);
  street.run();
  expect((street.sent[1]?.atMs ?? 0) - (street.sent[0]?.atMs ?? 0)).toBe(waitMs + 10);
});

test.each([
  ['500', status(500)],
  ['503 without Retry-After', status(503)],
  ['503 with a date', status(503, 'Wed, 21 Oct 2026 07:28:00 GMT')],
  ['429', status(429)],
  ['408', status(408)],
  ['425', status(425)],
  ['502', status(502)],
  ['504', status(504)],
  ['599', status(599)],
  ['no answer', { kind: 'silent' }],
  ['no connection', { kind: 'unreachable', code: 'ECONNREFUSED' }],
] satisfies [string, Answer][])('%s backs off, doubling to a minute, and loses nothing', (_, answer) => {
  let isDown = true;
  const street = new Street(() => (isDown ? answer : status(204)));
  street.put('a', ['x']);
  street.run(3_600_000);
  const gaps = street.sent.slice(1).map(({ atMs }, i) => atMs - (street.sent[i]?.atMs ?? 0));
  expect(gaps[0]).toBeLessThan(1000);
  expect(gaps[3]).toBeGreaterThan(gaps[1] ?? Number.NaN);
  expect(Math.max(...gaps)).toBeLessThanOrEqual(60_010);
  isDown = false;
  street.run();
  expect(street.settled).toEqual([{ id: 'a', delivered: 1, quarantined: [] }]);
});

test.each([400, 422])(
  '%i is bisected to the bad lines: they go to quarantine, the others through',
  (code) => {
    const bad = new Set(['line-3', 'line-777', 'line-999']);
    const street = new Street(({ lines: sent }) => status(sent.some((line) => bad.has(line)) ? code : 204));
    street.put('a', lines(1000));
    street.run();
    expect(street.settled).toEqual([{ id: 'a', delivered: 997, quarantined: [...bad] }]);
    expect(street.sent.length).toBeLessThan(3 * 2 * Math.ceil(Math.log2(1000)) + 1);
  },
);

test('a batch of nothing but bad lines comes to an end as well', () => {
  const street = new Street(() => status(400));
  street.put('a', lines(64));
  street.run();
  expect(street.settled[0]?.quarantined).toHaveLength(64);
});

test('413 halves until it fits, and less is sent at once from then on', () => {
  const street = new Street(({ lines: sent }) => status(sent.length > 300 ? 413 : 204));
  street.put('a', lines(1000));
  street.run();
  expect(street.settled).toEqual([{ id: 'a', delivered: 1000, quarantined: [] }]);
  expect(street.courier.lineLimit).toBeLessThanOrEqual(5000);
  const single = new Street(() => status(413));
  single.put('b', ['huge']);
  single.run();
  expect(single.settled).toEqual([{ id: 'b', delivered: 0, quarantined: ['huge'] }]);
});

test('what comes in meanwhile goes ahead of a backlog that is being bisected', () => {
  const street = new Street(({ lines: sent }) => {
    if (street.sent.length === 5) street.put('alarm', ['alarm'], 'event');
    if (street.sent.length === 9) street.put('now', ['now'], 'live');
    return status(sent.some((line) => line.startsWith('line')) ? 400 : 204);
  });
  street.put('old', lines(256));
  street.run();
  expect(street.sent[5]?.lane).toBe('event');
  expect(street.sent[9]?.lane).toBe('live');
});

test('a batch the server chokes on waits aside while others go through, and loses only its bad line', () => {
  const street = new Street(({ lines: sent }) => status(sent.includes('line-5') ? 500 : 204));
  street.put('poison', lines(8), 'event');
  for (let i = 0; i < 60; i++) {
    street.put(`good-${i}`, [`good-${i}`], 'live');
    street.run(i * 60_000);
  }
  expect(street.settled.filter(({ id }) => id.startsWith('good'))).toHaveLength(60);
  expect(street.settled.find(({ id }) => id === 'poison')).toEqual({
    id: 'poison',
    delivered: 7,
    quarantined: ['line-5'],
  });
});

test.each([[0.999], [0.5], [0]])(
  'however long the outage: a minute after its end everything flows (chance %d)',
  (chance) => {
    for (const outageMs of [150_000, 500_000]) {
      let isDown = true;
      const street = new Street(
        () => (isDown ? { kind: 'unreachable', code: 'ECONNREFUSED' } : status(204)),
        {
          random: () => chance,
        },
      );
      // Each of them fails often enough to be set aside.
      for (let atMs = 0; atMs < outageMs; atMs += 10_000) {
        street.put(`b-${atMs}`, [`b-${atMs}`], atMs % 20_000 === 0 ? 'live' : 'event');
        street.run(atMs);
      }
      isDown = false;
      const backMs = street.nowMs;
      street.run();
      expect(street.settled).toHaveLength(outageMs / 10_000);
      expect((street.sent.at(-1)?.atMs ?? 0) - backMs).toBeLessThanOrEqual(61_000);
    }
  },
);

/** A server that keeps nothing from before `boundMs`: it stores the rest, and says so in the words of its version. */
const keeping =
  (boundMs: () => number, says: (dropped: number, boundMs: number) => string) =>
  ({ lines: sent }: Sent) => {
    const dropped = sent.filter((line) => Number(line.split(' ').at(-1)) < boundMs()).length;
    if (dropped === 0) return status(204);
    return { kind: 'status', status: 422, retryAfter: null, body: says(dropped, boundMs()) } as const;
  };
const newWords = (dropped: number, boundMs: number) =>
  `{"code":"unprocessable entity","message":"failure writing points to database: partial write: dropped ${dropped} points outside retention policy of duration 720h0m0s - oldest point site,site=a at 2026-01-01T00:00:00Z dropped because it violates a Retention Policy Lower Bound at ${new Date(boundMs).toISOString()}, newest point site,site=a at 2026-01-02T00:00:00Z dropped because it violates a Retention Policy Lower Bound at ${new Date(boundMs).toISOString()} dropped=${dropped} for database: 5d for retention policy: autogen"}`;
const oldWords = (dropped: number) =>
  `{"error":"partial write: points beyond retention policy dropped=${dropped}"}`;
const timed = (count: number, fromMs: number) =>
  Array.from({ length: count }, (_, i) => `site,site=a gridPowerW=${i} ${fromMs + i * 1000}`);

describe.each([
  ['says from when on', newWords],
  ['says only how many', oldWords],
])('a server with a retention that %s', (_, says) => {
  const boundMs = 2_000_000_000_000;

  test('costs one request for all that is older, and drops it, counted', () => {
    const street = new Street(keeping(() => boundMs, says));
    street.put('now', timed(1, boundMs + 1e9), 'live');
    // Out of order, and two points of one instant at the bound.
    street.put('old', [...timed(400, boundMs - 400_000), ...timed(600, boundMs - 1_000_000)].reverse());
    street.run();
    expect(street.settled.at(-1)).toEqual({ id: 'old', delivered: 0, quarantined: [], expired: 1000 });
    expect(street.sent.filter(({ lane }) => lane === 'backfill')).toHaveLength(1);
  });

  test('gets what it still keeps of a batch', () => {
    const street = new Street(keeping(() => boundMs, says));
    street.put('now', timed(1, boundMs + 1e9), 'live');
    street.put('old', timed(1000, boundMs - 300_000));
    street.run();
    expect(street.settled.at(-1)).toEqual({ id: 'old', delivered: 700, quarantined: [], expired: 300 });
    expect(street.sent.filter(({ lane }) => lane === 'backfill')).toHaveLength(2);
    expect(street.courier.trouble).toBeNull();
  });

  test('is not asked again about what is older still', () => {
    const street = new Street(keeping(() => boundMs, says));
    street.put('now', timed(1, boundMs + 1e9), 'live');
    street.put('old', timed(1000, boundMs - 500_000));
    street.put('older', timed(1000, boundMs - 5_000_000));
    street.run();
    expect(street.settled.at(-1)).toEqual({ id: 'older', delivered: 0, quarantined: [], expired: 1000 });
    expect(street.sent.filter(({ lane }) => lane === 'backfill')).toHaveLength(2);
  });

  test('loses no point while its clock is ahead: what was measured just now cannot be too old', () => {
    let isAhead = true;
    const street = new Street(keeping(() => (isAhead ? boundMs + 1e12 : boundMs), says));
    street.put('alarm', timed(3, boundMs + 2e9), 'event');
    street.put('now', timed(10, boundMs + 1e9), 'live');
    street.put('old', timed(10, boundMs + 5e8));
    street.run(3_600_000);
    expect(street.settled).toEqual([]);
    expect(street.courier.trouble).toMatchObject({ kind: 'refused', status: 422 });
    isAhead = false;
    street.run();
    expect(street.settled.map(({ delivered }) => delivered).sort((a, b) => a - b)).toEqual([3, 10, 10]);
  });
});

test('while everything fails nothing is ever put into quarantine', () => {
  const street = new Street(() => status(500));
  street.put('a', lines(8), 'event');
  for (let i = 0; i < 20; i++) street.put(`b-${i}`, [`b-${i}`]);
  street.run(24 * 3_600_000);
  expect(street.settled).toEqual([]);
});

test('after a long outage live data goes at once and the backlog after a random wait: no stampede', () => {
  const starts = Array.from({ length: 50 }, (_, i) => {
    let isDown = true;
    const street = new Street(() => status(isDown ? 503 : 204), { random: () => (i + 1) / 51 });
    street.put('old', ['old']);
    street.run(3_600_000);
    street.put('now', ['now'], 'live');
    for (let n = 0; n < 5; n++) street.put(`older-${n}`, [`older-${n}`]);
    isDown = false;
    const backMs = street.nowMs;
    street.run();
    const live = street.sent.filter(({ lane, atMs }) => lane === 'live' && atMs >= backMs)[0]?.atMs ?? 0;
    const backlog = street.sent.filter(({ lines: sent }) => sent[0]?.startsWith('older'));
    expect(backlog).toHaveLength(5);
    return (backlog[0]?.atMs ?? 0) - live;
  });
  expect(Math.max(...starts) - Math.min(...starts)).toBeGreaterThan(240_000);
});

test('a backlog from before the start waits a random time when it is an old one', () => {
  const street = new Street(() => status(204), { staggerStart: true });
  street.put('old', ['old']);
  street.put('now', ['now'], 'live');
  street.run();
  expect(street.sent.map(({ lane, atMs }) => [lane, atMs])).toEqual([
    ['live', 0],
    ['backfill', 150_000],
  ]);
});

test('slow answers mean less at once, quick ones more again', () => {
  const courier = new Courier({ random: () => 0.5 });
  let n = 0;
  const once = (tookMs: number) => {
    expect(courier.next(0)).toMatchObject({ do: 'fetch' });
    courier.fetched({ id: `b${n++}`, lane: 'live', lines: ['x'], firstMs: 0, lastMs: 0 });
    for (let step = courier.next(0); step.do !== 'send'; step = courier.next(0)) {
      if (step.do === 'fetch') courier.fetched(null);
    }
    courier.answered(status(204), 0, tookMs);
    expect(courier.next(0)).toMatchObject({ do: 'settle' });
  };
  once(6000);
  once(6000);
  expect(courier.lineLimit).toBe(1250);
  for (let i = 0; i < 20; i++) once(100);
  expect(courier.lineLimit).toBe(5000);
});
