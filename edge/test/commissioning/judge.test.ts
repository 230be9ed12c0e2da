import { describe, expect, test } from '@jest/globals';
import {
  type Assignment,
  type FaultCode,
  judge,
  type PhasesW,
  type Repeat,
} from '../../src/commissioning/judge.ts';

const OWN: Assignment = {
  channel: 1,
  load: 'pool',
  name: 'Pool heater',
  nominalPowerW: 2000,
  phase: 'L1',
  kind: 'interruptible',
  leaseS: 90,
};
const OTHER: Assignment = { ...OWN, channel: 2, load: 'pump', name: 'Pump', nominalPowerW: 900, phase: 'L2' };
const HEATER: Assignment = { ...OWN, nominalPowerW: 6000, phase: 'all' };
const BASE: PhasesW = [300, 200, 400];

const sight = (stepsW: PhasesW, more: Partial<Repeat> = {}): Repeat => ({
  noiseW: 40,
  baseW: BASE,
  onW: BASE.map((w, i) => w + (stepsW[i] ?? 0)),
  offW: BASE,
  echoOnMs: 300,
  echoOffMs: 250,
  ...more,
});

describe('the measured test', () => {
  test.each<[string, Assignment, Repeat, FaultCode | null]>([
    ['passes with a full step on the declared phase', OWN, sight([1980, 5, -10]), null],
    ['passes with 70 % of the nameplate', OWN, sight([1400, 0, 0]), null],
    ['passes a three-phase load that steps on all phases', HEATER, sight([1990, 2010, 1950]), null],
    ['names the phase it really hangs on', OWN, sight([0, 0, 1990]), 'wrong-phase'],
    ['finds a reversed transformer by the falling power', OWN, sight([-1990, 0, 0]), 'reversed-transformer'],
    ['finds one reversed of three', HEATER, sight([2000, -2000, 2000]), 'reversed-transformer'],
    ['finds a missing phase of three', HEATER, sight([2000, 2000, 0]), 'wrong-power'],
    ['finds the wires of two relays swapped', OWN, sight([0, 890, 0]), 'swapped-relays'],
    ['finds a load far below its nameplate', OWN, sight([900, 0, 0]), 'wrong-power'],
    ['finds a load far above its nameplate', OWN, sight([3500, 0, 0]), 'wrong-power'],
    ['finds that nothing flows', OWN, sight([0, 10, 0]), 'no-power'],
    ['finds a contact that opens no more', OWN, sight([1980, 0, 0], { offW: [2280, 200, 400] }), 'welded'],
    [
      'finds a contact that was welded before: nothing changes while enough flows',
      OWN,
      sight([0, 0, 0], { baseW: [2300, 200, 400], onW: [2300, 200, 400], offW: [2300, 200, 400] }),
      'welded',
    ],
    ['finds a board that does not confirm', OWN, sight([1980, 0, 0], { echoOnMs: null }), 'no-echo'],
    ['finds a board that confirms too late', OWN, sight([1980, 0, 0], { echoOffMs: 2600 }), 'no-echo'],
    ['does not judge in a house that is too restless', OWN, sight([1980, 0, 0], { noiseW: 1200 }), 'noisy'],
  ])('%s', (_, own, repeat, code) => {
    expect(judge(own, [repeat], [OTHER])[0]?.code ?? null).toBe(code);
  });

  test('one bad try of three is enough to fail, and is said', () => {
    const faults = judge(OWN, [sight([1980, 0, 0]), sight([1980, 0, 0]), sight([0, 0, 0])], [OTHER]);
    expect(faults).toMatchObject([{ code: 'no-power', text: expect.stringContaining('try 3 of 3') }]);
  });
});
