/**
 * Programs of household machines, phase by phase, for homes that do not write their own. Round figures of a cotton wash
 * at 40 degrees (about 0.9 kWh) and an eco dish program at 50 degrees (about 0.95 kWh).
 */
import type { ProgramPhase } from './program.ts';

export const PROGRAM_PRESETS = {
  'washing-machine': [
    { minutes: 8, powerW: 120 },
    { minutes: 20, powerW: 2000 },
    { minutes: 50, powerW: 160 },
    { minutes: 12, powerW: 90 },
    { minutes: 15, powerW: 420 },
  ],
  dishwasher: [
    { minutes: 10, powerW: 60 },
    { minutes: 17, powerW: 1900 },
    { minutes: 60, powerW: 70 },
    { minutes: 9, powerW: 1900 },
    { minutes: 55, powerW: 15 },
  ],
} as const satisfies Record<string, readonly ProgramPhase[]>;
