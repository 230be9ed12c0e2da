/** Bugs planted in what records, keeps and delivers, and in what decides over set-points. */
import type { Mutant } from './mutant.ts';

const DELIVERY = 'edge/src/delivery';
const INTAKE = 'edge/src/intake';
const RECORD = 'edge/src/record';
const OUTBOX = 'edge/src/outbox';
const SETPOINT = 'edge/src/setpoint';

export const RECORD_MUTANTS: readonly Mutant[] = [
  {
    id: 'points are called accepted before they are committed',
    file: `${OUTBOX}/outbox.ts`,
    find: 'this.#books.commit({ accepted, pendingBytes, nextSeq, boots }, { insert });',
    replace: 'this.#books.book({ accepted, pendingBytes, nextSeq, boots });',
  },
  {
    id: 'Retry-After is taken for milliseconds',
    file: `${DELIVERY}/answers.ts`,
    find: 'Number(answer.retryAfter) * 1000',
    replace: 'Number(answer.retryAfter)',
  },
  {
    id: 'the page of a captive portal counts as delivered',
    file: `${DELIVERY}/answers.ts`,
    find: "204: 'delivered',",
    replace: "200: 'delivered',\n  204: 'delivered',",
  },
  {
    id: 'silence counts as delivered',
    file: `${DELIVERY}/answers.ts`,
    find: "if (answer.kind !== 'status') return 'busy';",
    replace: "if (answer.kind !== 'status') return 'delivered';",
  },
  {
    id: 'a server that refuses us is asked every second',
    file: `${DELIVERY}/courier.ts`,
    find: 'this.#waitUntilMs = nowMs + MAX_WAIT_MS * (0.8 + 0.2 * this.#random());',
    replace: 'this.#waitUntilMs = nowMs + 1000 * (0.8 + 0.2 * this.#random());',
  },
  {
    id: 'a bad line takes its batch along',
    file: `${DELIVERY}/bag.ts`,
    find: 'if (to - from === 1) {',
    replace: 'if (to - from >= 1) {',
  },
  {
    id: 'a damaged row is sent',
    file: `${OUTBOX}/batch.ts`,
    find: 'if (row.body.length !== row.bytes || checkValue(row, row.body) !== row.crc) return null;',
    replace: 'if (row.body.length !== row.bytes) return null;',
  },
  {
    id: 'points without a time are sent as they are',
    file: `${OUTBOX}/books.ts`,
    find: '(this.#ledger.boots[head.boot]?.offsetMs ?? null)',
    replace: '(this.#ledger.boots[head.boot]?.offsetMs ?? 0)',
  },
  {
    id: 'counters are averaged when there is no room',
    file: `${OUTBOX}/thinning.ts`,
    find: '/(?:W|Va|Var|A|V|Hz|Pct|C|PerKwh)$/',
    replace: '/(?:W|Wh|Va|Var|A|V|Hz|Pct|C|PerKwh)$/',
  },
  {
    id: 'the cursor runs over rows that still wait',
    file: `${OUTBOX}/acked.ts`,
    find: 'if (next[0] > upTo + 1 && holeBetween(upTo, next[0])) break;',
    replace: '',
  },
  {
    id: 'forged set-points act',
    file: `${SETPOINT}/verify.ts`,
    find: "if (!ports.isSigned(message)) return refuse('bad-signature');",
    replace: '',
  },
  {
    id: 'set-points of another site act',
    file: `${SETPOINT}/verify.ts`,
    find: "if (message.site !== context.siteId) return refuse('foreign-site', { site: message.site });",
    replace: '',
  },
  {
    id: 'set-points for another start of the box act',
    file: `${SETPOINT}/verify.ts`,
    find: "if (message.challenge !== context.challenge) return refuse('stale-challenge');",
    replace: '',
  },
  {
    id: 'replayed set-points act',
    file: `${SETPOINT}/verify.ts`,
    find: "if (message.seq <= lastSeq) return refuse('replayed', { lastSeq });",
    replace: '',
  },
  {
    id: 'a key sends what is outside its scope',
    file: `${SETPOINT}/verify.ts`,
    find: 'return key.kinds.includes(kind) && (',
    replace: 'return key.kinds.length > 0 && (',
  },
  {
    id: 'any door takes any kind',
    file: `${SETPOINT}/verify.ts`,
    find: "(door === 'portal' || LIMIT_KINDS.includes(kind))",
    replace: "(door === 'portal' || kind.length > 0)",
  },
  {
    id: 'all keys share one sequence',
    file: `${SETPOINT}/verify.ts`,
    find: 'const lastSeq = context.lastSeqs[key.id] ?? 0;',
    replace: 'const lastSeq = Math.max(0, ...Object.values(context.lastSeqs));',
  },
  {
    id: 'a key revokes what another has sent',
    file: `${SETPOINT}/book.ts`,
    find: 'held.key === key && held.id === message.value.id',
    replace: 'held.id === message.value.id',
  },
  {
    id: 'a key replaces what another has sent',
    file: `${SETPOINT}/book.ts`,
    find: 'other.key !== key || other.id !== id',
    replace: 'other.id !== id',
  },
  {
    id: 'the limit of one key lifts that of another',
    file: `${SETPOINT}/book.ts`,
    find: 'if (LIMIT_KINDS.includes(kind)) return',
    replace: "if (LIMIT_KINDS.includes(kind) && key === '') return",
  },
  {
    id: 'set-points act beyond the bounds',
    file: `${SETPOINT}/verify.ts`,
    find: 'return breach ? refuse(breach.why, breach.params, key.id) : { ok: true, message };',
    replace:
      'return breach && message.seq < 0 ? refuse(breach.why, breach.params, key.id) : { ok: true, message };',
  },
  {
    id: 'a set-point acts before it is written down',
    file: `${SETPOINT}/desk.ts`,
    find: 'if (!(await ports.save(this.#json(book, acks, now)))) return;',
    replace: 'await ports.save(this.#json(book, acks, now));',
  },
  {
    id: 'a set-point never ends',
    file: `${SETPOINT}/book.ts`,
    find: 'endsMonoMs: now.monoMs + Date.parse(expires) - now.wallMs,',
    replace: 'endsMonoMs: Date.parse(expires),',
  },
  {
    id: 'what was revoked goes on',
    file: `${SETPOINT}/book.ts`,
    find: 'held: book.held.filter((held) => held !== target)',
    replace: 'held: book.held',
  },
  {
    id: 'the time switched off is forgotten',
    file: `${SETPOINT}/saved-book.ts`,
    find: 'return trimBook({ ...saved, held }, now);',
    replace: 'return trimBook({ ...saved, held }, { ...now, wallMs: null });',
  },
  {
    id: 'a newer set-point leaves the older one standing',
    file: `${SETPOINT}/book.ts`,
    find: 'held = held.filter((other) => !replaced.includes(other));',
    replace: '',
  },
  {
    id: 'a mean is the last value',
    file: `${RECORD}/power-means.ts`,
    find: 'sum.sumW += powerW;',
    replace: 'sum.sumW = powerW;',
  },
  {
    id: 'means of a minute go on into the next',
    file: `${RECORD}/power-means.ts`,
    find: 'sum.sumW = 0;',
    replace: '',
  },
  {
    id: 'a minute forgets its highest demand',
    file: `${RECORD}/minute-maker.ts`,
    find: 'Math.max(demandW, this.#demandW ?? demandW)',
    replace: 'demandW',
  },
  {
    id: 'every cycle ends a minute',
    file: `${RECORD}/minute-maker.ts`,
    find: 'this.#minute = minute;\n    const summary',
    replace: 'const summary',
  },
  {
    id: 'a box goes on from what it saved, whatever its cycles say',
    file: `${RECORD}/last-state.ts`,
    find: 'replayed.atMs > controlMs(saved) ? replayed : saved',
    replace: 'replayed.atMs > controlMs(saved) ? saved : saved',
  },
  {
    id: 'points are recorded without their interval',
    file: `${RECORD}/recorder.ts`,
    find: 'return last === null ? nowMonoMs : last + recordMs * Math.floor((nowMonoMs - last) / recordMs);',
    replace: 'return last === null ? nowMonoMs : nowMonoMs + 8 * recordMs;',
  },
  {
    id: 'an open block is never written',
    file: `${RECORD}/keeper.ts`,
    find: 'this.#monoMs - since >= this.#options.commitEveryMs) this.#commit(true);',
    replace: 'this.#monoMs - since >= 1e9) this.#commit(true);',
  },
  {
    id: 'points without a time are never given one',
    file: `${RECORD}/keeper.ts`,
    find: 'log.outbox.stampBoot(this.#options.bootId, offsetMs);',
    replace: '',
  },
  {
    id: 'points without a time get that of another clock',
    file: `${RECORD}/keeper.ts`,
    find: 'const offsetMs = Math.round(wallMs - monoMs);',
    replace: 'const offsetMs = Math.round(wallMs);',
  },
  {
    id: 'a written block is written again',
    file: `${RECORD}/open-block.ts`,
    find: 'this.#timed = emptyLines();\n    this.#untimed',
    replace: 'this.#untimed',
  },
  {
    id: 'no room is made',
    file: `${RECORD}/keeper.ts`,
    find: 'const report = log.outbox.makeRoom(bounds, this.#wallMs);',
    replace: 'const report = { thinned: 0, dropped: 0, more: bounds.maxBytes < 0 };',
  },
  {
    id: 'the carrier settles nothing',
    file: `${DELIVERY}/carrier.ts`,
    find: 'await outbox.settleBatch(step.id, step.outcome);',
    replace: 'await Promise.resolve();',
  },
  {
    id: 'set-points act as they are held, not folded',
    file: `${INTAKE}/setpoint-control.ts`,
    find: 'if (key !== this.#effective.key) {',
    replace: "if (this.#effective.key === '' && key !== '') {",
  },
  {
    id: 'a save that failed counts as done',
    file: `${INTAKE}/setpoint-control.ts`,
    find: "(await options.store.saveState(STATE_KEY, json)) === 'durable'",
    replace: '(await options.store.saveState(STATE_KEY, json)) !== undefined',
  },
];
