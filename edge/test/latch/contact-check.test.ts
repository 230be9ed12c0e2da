import { describe, expect, test } from '@jest/globals';
import { STANDARD_COMMANDS } from '../../src/core/command-settings.ts';
import { type ContactMemory, checkContact, UNKNOWN_CONTACT } from '../../src/latch/contact-check.ts';

interface Moment {
  readonly forS: number;
  readonly on: boolean | null;
  readonly powerW: number | null;
}

/** A load of 2 kW, looked at once a second. */
function after(moments: readonly Moment[], commands = STANDARD_COMMANDS): ContactMemory {
  let memory = UNKNOWN_CONTACT;
  let atMonoMs = 0;
  for (const { forS, on, powerW } of moments) {
    for (let s = 0; s < forS; s += 1) {
      memory = checkContact(memory, { atMonoMs, reportedOn: on, powerW, nominalPowerW: 2000 }, commands);
      atMonoMs += 1000;
    }
  }
  return memory;
}

test('share and time are the home`s own', () => {
  const commands = { ...STANDARD_COMMANDS, contactMs: 30_000, contactFactor: 0.2 };
  const drawing: Moment[] = [{ forS: 20, on: false, powerW: 500 }];
  expect(after(drawing, commands).contact).toBe('sound');
  expect(after([...drawing, ...drawing], commands).contact).toBe('welded');
  expect(after([...drawing, ...drawing]).contact).toBe('sound');
});

describe('the contact of a relay', () => {
  test.each<[string, readonly Moment[], ContactMemory['contact']]>([
    ['is sound while relay and meter agree', [{ forS: 60, on: true, powerW: 1990 }], 'sound'],
    ['is not judged in the first 10 s', [{ forS: 10, on: false, powerW: 1990 }], 'sound'],
    ['is welded when the load draws 10 s after OFF', [{ forS: 12, on: false, powerW: 1990 }], 'welded'],
    ['is sound when an OFF load draws less than half', [{ forS: 60, on: false, powerW: 990 }], 'sound'],
    [
      'is not called stuck for one idle ON: a thermostat may be open',
      [{ forS: 600, on: true, powerW: 0 }],
      'sound',
    ],
    [
      'is stuck at the second idle ON in a row',
      [
        { forS: 60, on: true, powerW: 0 },
        { forS: 60, on: false, powerW: 0 },
        { forS: 12, on: true, powerW: 0 },
      ],
      'stuck',
    ],
    [
      'is forgiven by an ON that draws',
      [
        { forS: 60, on: true, powerW: 0 },
        { forS: 60, on: false, powerW: 0 },
        { forS: 60, on: true, powerW: 1990 },
        { forS: 60, on: false, powerW: 0 },
        { forS: 60, on: true, powerW: 0 },
      ],
      'sound',
    ],
    [
      'is not stuck when a thermostat opens later',
      [
        { forS: 30, on: true, powerW: 1990 },
        { forS: 600, on: true, powerW: 0 },
      ],
      'sound',
    ],
    [
      'is not judged over a gap without readings',
      [
        { forS: 8, on: false, powerW: 1990 },
        { forS: 30, on: false, powerW: null },
        { forS: 8, on: false, powerW: 1990 },
      ],
      'sound',
    ],
  ])('%s', (_, moments, contact) => {
    expect(after(moments).contact).toBe(contact);
  });
});
