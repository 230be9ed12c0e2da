/**
 * What can go wrong with a device on its wire, on request: one table that faces, API and command line read, and the
 * faults that hold at one object now. Times are the home's; a fault without `forS` stays until it is cleared.
 */
import * as z from 'zod';

export type FaultFace = 'modbus' | 'mqtt' | 'board';

export interface FaultSpec {
  readonly about: string;
  /** Faces that can show it. */
  readonly faces: readonly FaultFace[];
}

export const FAULTS = {
  'no-answer': {
    about: 'says nothing at all; the other side runs into its time-out',
    faces: ['modbus', 'mqtt', 'board'],
  },
  'wrong-crc': {
    about: 'a check sum that does not fit (serial line; on TCP the number of another question)',
    faces: ['modbus'],
  },
  exception: { about: 'answers every request with Modbus exception `code` (4)', faces: ['modbus'] },
  frozen: { about: 'goes on telling what it told when it froze', faces: ['modbus', 'mqtt'] },
  spike: { about: 'powers `factor` times (100) what they are', faces: ['modbus', 'mqtt'] },
  'not-a-number': {
    about: 'numbers are NaN, or the code of the vendor for "not available"',
    faces: ['modbus', 'mqtt'],
  },
  'swapped-words': { about: 'values of several registers with the low word first', faces: ['modbus'] },
  'reversed-sign': { about: 'powers and currents with the other sign', faces: ['modbus', 'mqtt'] },
  slow: { about: 'answers `delayMs` (600, real time) late', faces: ['modbus', 'mqtt'] },
  dropped: {
    about: 'hangs up at every request; on MQTT cut off from the broker',
    faces: ['modbus', 'mqtt', 'board'],
  },
  reboot: { about: 'away for `forS` (20 s), then starts anew', faces: ['modbus', 'mqtt', 'board'] },
  'flapping-link': {
    about: 'its link comes and goes every `everyS` (10 s)',
    faces: ['modbus', 'mqtt', 'board'],
  },
  'stale-retained': {
    about: 'gone without a last will: what the broker retained of it goes on being told',
    faces: ['mqtt', 'board'],
  },
} as const satisfies Record<string, FaultSpec>;

export type FaultKind = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as [FaultKind, ...FaultKind[]];

export const faultRequest = z.strictObject({
  kind: z.enum(FAULT_KINDS),
  forS: z.number().min(0.1).max(86_400).optional(),
  /** Modbus exception code. */
  code: z.number().int().min(1).max(11).default(4),
  factor: z.number().min(-1000).max(1000).default(100),
  delayMs: z.number().int().min(1).max(60_000).default(600),
  everyS: z.number().min(1).max(3600).default(10),
});
export type FaultRequest = z.infer<typeof faultRequest>;

export interface Fault extends FaultRequest {
  readonly sinceMonoMs: number;
  /** Null: until cleared. */
  readonly untilMonoMs: number | null;
}

const REBOOT_S = 20;

/** The faults of one object. At most one of each kind. */
export class FaultSet {
  readonly face: FaultFace;
  readonly #monoMs: () => number;
  readonly #faults = new Map<FaultKind, Fault>();

  /** @param monoMs the home's monotonic clock */
  constructor(face: FaultFace, monoMs: () => number) {
    this.face = face;
    this.#monoMs = monoMs;
  }

  set(request: FaultRequest): void {
    const sinceMonoMs = this.#monoMs();
    const forS = request.forS ?? (request.kind === 'reboot' ? REBOOT_S : undefined);
    const untilMonoMs = forS === undefined ? null : sinceMonoMs + forS * 1000;
    this.#faults.set(request.kind, { ...request, sinceMonoMs, untilMonoMs });
  }

  /** One kind, or all. */
  clear(kind?: FaultKind): void {
    if (kind) this.#faults.delete(kind);
    else this.#faults.clear();
  }

  /** The fault of this kind, if it holds now. */
  get(kind: FaultKind): Fault | undefined {
    const fault = this.#faults.get(kind);
    if (!fault || fault.untilMonoMs === null || this.#monoMs() < fault.untilMonoMs) return fault;
    this.#faults.delete(kind);
    return undefined;
  }

  list(): Fault[] {
    return FAULT_KINDS.flatMap((kind) => this.get(kind) ?? []);
  }

  /** Its link is down: it boots, was cut off, or its Wi-Fi is in the bad half of its beat. */
  get linkDown(): boolean {
    if (this.get('reboot') || this.get('dropped')) return true;
    const flapping = this.get('flapping-link');
    if (!flapping) return false;
    return Math.floor((this.#monoMs() - flapping.sinceMonoMs) / (flapping.everyS * 1000)) % 2 === 0;
  }
}
