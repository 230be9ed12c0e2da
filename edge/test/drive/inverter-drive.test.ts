/** Orders to an inverter on a clock that the test turns; the device is a map of registers. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { smaHybridFamily } from '../../src/catalogue/inverters/sma-hybrid.ts';
import { sunspec } from '../../src/catalogue/inverters/sunspec.ts';
import {
  sunspecCommon,
  sunspecInverter,
  sunspecMppt,
  sunspecStorage,
} from '../../src/catalogue/inverters/sunspec-models.ts';
import { INVERTERS } from '../../src/catalogue/inverters.ts';
import { InverterDrive } from '../../src/drive/inverter-drive.ts';
import { orderTerms } from '../../src/drive/order-terms.ts';
import { type Conversation, carryOut, type ModbusQuestion } from '../../src/registers/conversation.ts';
import { DeviceFailure } from '../../src/registers/device-failure.ts';
import { modelContents, sunspecImage } from '../../src/registers/sunspec-discovery.ts';
import { coreSettings } from '../../src/settings/core-settings.ts';
import { checkSiteSettings } from '../../src/settings/parse-site-settings.ts';

const MODE_AT = 40_002 + 68 + 52 + 90 + 5;
const RESERVE_AT = MODE_AT + 2;
const FULL = { mode: 'self-consume', chargeLimitW: 5000, dischargeLimitW: 5000 } as const;

let registers: Map<number, number>;
let written: number[];
let refuses: boolean;
let nowMs: number;
let held: Conversation<void>[];
let holds: boolean;
let drive: InverterDrive;

const answer = (question: ModbusQuestion): readonly number[] => {
  if (question.ask === 'read') {
    return Array.from({ length: question.count }, (_, i) => registers.get(question.address + i) ?? 0);
  }
  if (refuses) throw new DeviceFailure('exception', 'Modbus exception 2');
  written.push(question.address);
  for (const [i, word] of question.words.entries()) registers.set(question.address + i, word);
  return [];
};
const modeWrites = () => written.filter((address) => address === MODE_AT).length;

beforeEach(() => {
  registers = sunspecImage(40_000, [
    modelContents(sunspecCommon, {}),
    modelContents(sunspecInverter, { acPowerW: 0, acPowerSf: 0 }),
    modelContents(sunspecMppt, { dcPowerSf: 0, pv1PowerW: 0, chargePowerW: 0, dischargePowerW: 0 }),
    modelContents(sunspecStorage, {
      ...{ chargeMaxW: 5000, chargeMaxSf: 0, socPct: 50, socSf: -2, reservePct: 10, reserveSf: 0 },
      ...{ controlBits: 0, dischargeRatePct: 100, chargeRatePct: 100, rateSf: -2, revertS: 0 },
      gridChargeCode: 0,
    }),
  ]);
  written = [];
  refuses = false;
  nowMs = 0;
  held = [];
  holds = false;
  const talk = sunspec.open('inverter');
  carryOut(talk.read(), answer);
  drive = new InverterDrive({
    talk,
    clock: { monoMs: () => nowMs },
    terms: { leaseS: 90, renewMs: 30_000, tries: 3 },
    carry: (conversation) => {
      if (holds) held.push(conversation);
      else carryOut(conversation, answer);
    },
  });
});

/** A second passes, and the order is given again as the actor does. */
function second(order: Parameters<InverterDrive['order']>[0], reservePct: number | null = null): void {
  nowMs += 1000;
  drive.order(order, reservePct);
  drive.tick();
}

describe('an order to an inverter', () => {
  test('is written once, and again when it is to be renewed', () => {
    for (let s = 0; s < 29; s += 1) second(FULL);
    expect(modeWrites()).toBe(1);
    for (let s = 0; s < 30; s += 1) second(FULL);
    expect(modeWrites()).toBe(2);
  });

  test('a limit that hardly moves is not rewritten, one that becomes zero is', () => {
    second(FULL);
    second({ ...FULL, dischargeLimitW: 4_990 });
    expect(modeWrites()).toBe(1);
    second({ ...FULL, dischargeLimitW: 4_900 });
    expect(modeWrites()).toBe(2);
    second({ ...FULL, dischargeLimitW: 10 });
    second({ ...FULL, dischargeLimitW: 0 });
    expect(modeWrites()).toBe(4);
  });

  test('another reserve is written at once, not only with the next renewal', () => {
    second(FULL, 10);
    second(FULL, 25);
    expect(registers.get(RESERVE_AT)).toBe(25);
  });

  test('what fails is tried at most twice a second, is told at the third time, and goes on being tried', () => {
    refuses = true;
    let tries = 0;
    expect(drive.writeFailure()).toBeNull();
    for (let n = 0; n < 100; n += 1) {
      nowMs += 100;
      const before = drive.givenUp();
      drive.order(FULL);
      drive.tick();
      if (before === null && drive.givenUp() !== null) tries = n;
    }
    // The first at once, the second and the third half a second later each.
    expect(tries).toBe(10);
    expect(drive.givenUp()?.remedy).toMatch(/Allow control over Modbus/);
    refuses = false;
    nowMs += 500;
    drive.tick();
    expect([modeWrites(), drive.givenUp(), drive.writeFailure()]).toEqual([1, null, null]);
  });

  test('one is written at a time, and the newest follows', () => {
    holds = true;
    second(FULL);
    second({ ...FULL, mode: 'idle' });
    second({ ...FULL, mode: 'hold' });
    expect(held).toHaveLength(1);
    for (const conversation of held.splice(0)) carryOut(conversation, answer);
    second({ ...FULL, mode: 'hold' });
    expect(held).toHaveLength(1);
    for (const conversation of held.splice(0)) carryOut(conversation, answer);
    expect(registers.get(MODE_AT)).toBe(3);
  });

  test('is renewed three times within what each family of the catalogue keeps, whatever the site asks for', () => {
    for (const { id, lease } of INVERTERS) {
      for (const leaseS of [10, 90, 900]) {
        const checked = checkSiteSettings(siteWith(id, leaseS));
        if (!checked.ok) throw new Error(JSON.stringify(checked.problems));
        const terms = orderTerms(checked.settings, coreSettings('home-1', checked.settings), 'i', lease);
        const keptS = Math.min(terms.leaseS, lease.longestS);
        expect([id, leaseS, terms.renewMs <= (keptS * 1000) / 3]).toEqual([id, leaseS, true]);
      }
    }
    expect(smaHybridFamily.lease.longestS).toBe(60);
  });
});

function siteWith(profile: string, leaseS: number) {
  return {
    name: 'Home',
    zone: 'Europe/Berlin',
    grid: { phases: 3, fuseA: 25 },
    devices: {
      meters: [
        { id: 'grid', name: 'M', role: 'grid', profile: 'mqtt', connection: { kind: 'mqtt', meterId: 'm' } },
      ],
      inverters: [{ id: 'i', name: 'I', profile, connection: { kind: 'modbus-tcp', host: 'i' } }],
    },
    batteries: [
      { id: 'b', name: 'B', inverter: 'i', capacityWh: 5000, maxChargeW: 1, maxDischargeW: 1, leaseS },
    ],
    control: { commands: { renewS: 300 } },
  };
}
