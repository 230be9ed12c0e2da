/**
 * What can go wrong, as a table. A seed turns each class on or off (swarm testing: fewer kinds at once go deeper),
 * then draws its rates. Faults that come in spells last for a while; the others strike single messages or reads.
 */
import { Random } from './random.ts';

export const FAULT_CLASSES = [
  'meter-timeout',
  'meter-exception',
  'meter-frozen',
  'meter-not-available',
  'meter-spike',
  'inverter-timeout',
  'inverter-frozen',
  'link-loss',
  'link-delay',
  'link-repeat',
  'board-reboot',
  'box-kill',
  'clock-untrusted',
  'grid-outage',
  'button',
  'surge',
  'history-down',
  'history-refuses',
  'history-errors',
  'history-lost-answer',
  'history-slow',
  'history-small',
  'history-poison',
  'disk-full',
  'disk-rot',
  'disk-small',
  'power-cut',
  'cloud-offline',
  'cloud-repeat',
  'cloud-replay',
  'cloud-forged',
  'clock-step',
  'state-disk-fails',
  'wish',
  'meter-gap',
  'inverter-hangs',
] as const;
export type FaultClass = (typeof FAULT_CLASSES)[number];

export interface FaultPlan {
  readonly on: ReadonlySet<FaultClass>;
  /** Probability per read or message. */
  readonly rate: Readonly<Record<FaultClass, number>>;
  /** Mean spells per hour, and their mean length, for classes that come in spells. */
  readonly spellsPerHour: Readonly<Record<FaultClass, number>>;
  readonly spellMs: Readonly<Record<FaultClass, number>>;
}

const RATES: Readonly<Record<FaultClass, readonly [number, number]>> = {
  'meter-timeout': [0.001, 0.2],
  'meter-exception': [0.001, 0.05],
  'meter-frozen': [0, 0],
  'meter-not-available': [0.0001, 0.01],
  'meter-spike': [0.0001, 0.01],
  'inverter-timeout': [0.001, 0.2],
  'inverter-frozen': [0, 0],
  'link-loss': [0.01, 0.3],
  'link-delay': [0.01, 0.3],
  'link-repeat': [0.01, 0.5],
  'board-reboot': [0, 0],
  'box-kill': [0, 0],
  'clock-untrusted': [0, 0],
  'grid-outage': [0, 0],
  button: [0, 0],
  surge: [0, 0],
  'history-down': [0, 0],
  'history-refuses': [0, 0],
  'history-errors': [0.01, 0.4],
  'history-lost-answer': [0.01, 0.3],
  'history-slow': [0.01, 0.5],
  'history-small': [0, 0],
  'history-poison': [0.0005, 0.01],
  'disk-full': [0, 0],
  'disk-rot': [0.00001, 0.0003],
  // On or off for a whole run: there is little room for what waits.
  'disk-small': [0, 0],
  'power-cut': [0.0005, 0.005],
  'cloud-offline': [0, 0],
  'cloud-repeat': [0.05, 0.5],
  'cloud-replay': [0.0005, 0.005],
  'cloud-forged': [0.0005, 0.005],
  'clock-step': [0, 0],
  'state-disk-fails': [0.01, 0.3],
  // A person switches a load by hand in the portal, now this one, now that one.
  wish: [0, 0],
  // Silent for seconds, again and again: a gateway with bad reception.
  'meter-gap': [0, 0],
  // At an outage: it says that the grid is gone, then nothing for a long time.
  'inverter-hangs': [0.2, 0.9],
};

const SPELLS: Readonly<Partial<Record<FaultClass, readonly [number, number, number, number]>>> = {
  'meter-timeout': [0.05, 3, 5_000, 1_800_000],
  'meter-frozen': [0.05, 0.5, 60_000, 3_600_000],
  'inverter-timeout': [0.05, 1, 5_000, 1_800_000],
  'inverter-frozen': [0.02, 0.3, 60_000, 1_800_000],
  'link-loss': [0.05, 1, 5_000, 600_000],
  'board-reboot': [0.2, 6, 1_000, 60_000],
  'box-kill': [0.02, 0.5, 1_000, 900_000],
  'clock-untrusted': [0.02, 0.2, 60_000, 3_600_000],
  'grid-outage': [0.2, 2, 30_000, 14_400_000],
  button: [0.05, 0.5, 1_000, 20_000],
  surge: [0.3, 3, 20_000, 2_400_000],
  'history-down': [0.05, 0.5, 60_000, 14_400_000],
  'history-refuses': [0.05, 0.3, 60_000, 3_600_000],
  'history-small': [0.05, 1, 60_000, 3_600_000],
  'disk-full': [0.05, 0.5, 10_000, 3_600_000],
  'cloud-offline': [0.05, 0.5, 60_000, 14_400_000],
  'clock-step': [0.05, 0.5, 600_000, 14_400_000],
  wish: [4, 40, 20_000, 1_200_000],
  'meter-gap': [2, 30, 8_000, 60_000],
};

/** The plan of a seed. `only` keeps the classes named, for shrinking. */
export function drawPlan(seed: number, only: readonly FaultClass[] = FAULT_CLASSES): FaultPlan {
  const on = new Set<FaultClass>();
  const rate: Partial<Record<FaultClass, number>> = {};
  const spellsPerHour: Partial<Record<FaultClass, number>> = {};
  const spellMs: Partial<Record<FaultClass, number>> = {};
  for (const kind of FAULT_CLASSES) {
    // Each class draws from a stream of its own: leaving one out, or adding one, changes no other.
    const random = streamOf(seed, kind);
    const enabled = random.chance(0.5);
    const [min, max] = RATES[kind];
    const [few = 0, many = 0, short = 0, long = 0] = SPELLS[kind] ?? [];
    rate[kind] = max > 0 ? random.spread(min, max) : 0;
    spellsPerHour[kind] = many > 0 ? random.spread(few, many) : 0;
    spellMs[kind] = long > 0 ? random.spread(short, long) : 0;
    if (enabled && only.includes(kind)) on.add(kind);
  }
  return {
    on,
    rate: rate as Record<FaultClass, number>,
    spellsPerHour: spellsPerHour as Record<FaultClass, number>,
    spellMs: spellMs as Record<FaultClass, number>,
  };
}

/** The chance of one class under one seed. */
export function streamOf(seed: number, kind: FaultClass, salt = 0): Random {
  let mixed = (seed ^ salt) >>> 0;
  for (let i = 0; i < kind.length; i += 1) mixed = Math.imul(mixed ^ kind.charCodeAt(i), 0x01000193) >>> 0;
  return new Random(mixed);
}
