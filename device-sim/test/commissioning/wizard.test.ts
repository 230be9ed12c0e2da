import { afterEach, describe, expect, test } from '@jest/globals';
import mqtt from 'mqtt';
import { isWhole } from '../../../edge/src/commissioning/report.ts';
import { reportPage } from '../../../edge/src/commissioning/report-page.ts';
import { settingsFragment } from '../../../edge/src/commissioning/settings-fragment.ts';
import { type Answers, personOf } from '../../../edge/src/commissioning/wizard/answers.ts';
import { runWizard, type WizardResult } from '../../../edge/src/commissioning/wizard/wizard.ts';
import { openMosquitto } from '../faces/bought-boards/foreign-broker.ts';
import { ESPHOME, type House, LABEL, OWN, practiceHouse, SHELLY, TASMOTA } from './practice-house.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const load = (
  channel: number,
  id: string,
  nominalPowerW: number,
  phase: 'L1' | 'L2' | 'L3',
  priority: number,
) => ({
  channel,
  load: id,
  name: id,
  nominalPowerW,
  phase,
  kind: 'interruptible' as const,
  leaseS: 90,
  priority,
});

const PLAN: Answers['boards'] = [
  {
    device: OWN,
    code: LABEL,
    name: 'Cellar',
    room: 'Cellar',
    loads: [load(1, 'pool', 2000, 'L1', 3), load(2, 'pump', 900, 'L2', 4)],
  },
  {
    device: TASMOTA,
    name: 'Kitchen',
    room: '',
    loads: [{ ...load(1, 'boiler', 2100, 'L2', 2), contactor: true }],
  },
  { device: SHELLY, name: 'Bath', room: '', loads: [load(1, 'heater', 2200, 'L3', 5)] },
  {
    device: ESPHOME,
    name: 'Garage',
    room: '',
    loads: [{ ...load(1, 'car', 2300, 'L1', 1), contactor: true }],
  },
];

async function commission(
  house: House,
  devices: readonly string[],
  lines: string[] = [],
): Promise<WizardResult> {
  const boards = PLAN.filter(({ device }) => devices.includes(device));
  const answers: Answers = { by: 'A. Installer', repeats: 0, boards };
  const person = personOf(answers, (line) => lines.push(line), house.hands);
  const box = await house.installer();
  const result = await runWizard({ box, person, lookMs: 60, searchMs: 5_000 });
  // One tablet, one connection.
  await box.close();
  return result;
}

/** Somebody who only looks. */
const silent = (lines: string[]) => ({
  ...personOf({ by: 'A. Installer', repeats: 0, boards: [] }, (line) => lines.push(line)),
});

describe('the wizard, over the home broker alone', () => {
  test('brings an own, a Tasmota, a Shelly and an ESPHome board from unknown to accepted', async () => {
    const house = await practiceHouse(open);
    const lines: string[] = [];
    const result = await commission(house, [OWN, TASMOTA, SHELLY, ESPHOME], lines);
    expect(result.findings).toEqual([]);
    expect(result.accepted).toEqual([OWN, TASMOTA, SHELLY, ESPHOME]);
    expect(lines.join('\n')).toContain('Found 4 of 4.');
    const { report } = result.report;
    expect(isWhole(result.report)).toBe(true);
    expect(isWhole({ ...result.report, report: { ...report, by: 'Somebody else' } })).toBe(false);
    for (const board of report.boards) {
      expect(board.proofs.map(({ name, passed }) => [name, passed])).toEqual([
        ['lease', true],
        ['broker', true],
        ['will', true],
        ['power', true],
      ]);
      for (const { repeats } of board.tests) expect(repeats).toHaveLength(3);
    }
    expect(reportPage(result.report)).toContain(result.report.sha256);
    expect(settingsFragment(report.boards).loads).toHaveLength(5);
  }, 120_000);

  test('finds each planted wiring fault, names it, and accepts nothing', async () => {
    const house = await practiceHouse(open);
    const wire = (key: string) => {
      const found = house.wires.get(key);
      if (!found) throw new Error(key);
      return found;
    };
    house.swap(`${OWN}/1`, `${OWN}/2`);
    wire(`${TASMOTA}/1`).phase = 2;
    wire(`${SHELLY}/1`).contact = 'stuck';
    wire(`${ESPHOME}/1`).contact = 'welded';
    const result = await commission(house, [OWN, TASMOTA, SHELLY, ESPHOME]);
    expect(result.accepted).toEqual([]);
    expect(result.findings.map(({ board, what, code }) => [board, what, code])).toEqual([
      [OWN, 'relay 1', 'swapped-relays'],
      [OWN, 'relay 2', 'swapped-relays'],
      [TASMOTA, 'relay 1', 'wrong-phase'],
      [SHELLY, 'relay 1', 'no-power'],
      [ESPHOME, 'relay 1', 'welded'],
    ]);
    expect(result.findings.find(({ board }) => board === TASMOTA)?.text).toContain('hangs on L3, not on L2');
  }, 120_000);

  test('finds a reversed current transformer and says at which phase', async () => {
    const house = await practiceHouse(open);
    house.reversed.add(1);
    const result = await commission(house, [TASMOTA]);
    expect(result.findings).toMatchObject([{ board: TASMOTA, code: 'reversed-transformer' }]);
    expect(result.findings[0]?.text).toContain('L2');
  }, 120_000);

  test('tells of fewer boards than expected, and of a command that lies retained, and puts it into the report', async () => {
    const url = await openMosquitto(open);
    const house = await practiceHouse(open, url);
    house.boards.get(SHELLY)?.setPower(false);
    const somebody = await mqtt.connectAsync(url, { clientId: 'somebody' });
    await somebody.publishAsync(`cmnd/${TASMOTA}/POWER1`, 'ON', { qos: 1, retain: true });
    await somebody.endAsync();
    const lines: string[] = [];
    const person = { ...silent(lines), expectedBoards: () => Promise.resolve(4) };
    const result = await runWizard({ box: await house.installer(), person, lookMs: 60, searchMs: 1_500 });
    expect(lines.join('\n')).toContain('Found 3 of 4.');
    expect(result.ghosts).toEqual([`cmnd/${TASMOTA}/POWER1`]);
    expect(reportPage(result.report)).toContain('Commands lie retained');
  }, 120_000);

  test('puts a new board in the place of a broken one: id, name and loads stay, everything is measured again', async () => {
    const house = await practiceHouse(open);
    await commission(house, [TASMOTA]);
    house.swap(`${TASMOTA}/1`, `${SHELLY}/1`);
    house.boards.get(TASMOTA)?.setPower(false);
    const boards = PLAN.filter(({ device }) => device === TASMOTA).map((plan) => ({
      ...plan,
      device: SHELLY,
      replaces: TASMOTA,
    }));
    const person = personOf({ by: 'A. Installer', repeats: 0, boards }, () => {}, house.hands);
    const box = await house.installer();
    const result = await runWizard({ box, person, lookMs: 60, searchMs: 2_000 });
    expect(result.findings).toEqual([]);
    const board = result.report.report.boards.find(({ id }) => id === TASMOTA);
    expect(board).toMatchObject({ stage: 'accepted', name: 'Kitchen', hardware: { device: SHELLY } });
    expect(board?.former.map(({ hardware }) => hardware.device)).toEqual([TASMOTA]);
    expect(settingsFragment(result.report.report.boards).boards).toMatchObject([
      { id: TASMOTA, device: SHELLY },
    ]);

    // Another wattage is another assignment: what was accepted no longer is.
    const loads = [{ ...load(1, 'boiler', 2300, 'L2', 2), contactor: true }].map(
      ({ priority: _, ...rest }) => rest,
    );
    await box.ask('assign', { board: TASMOTA, loads });
    expect((await box.status()).boards.find(({ id }) => id === TASMOTA)).toMatchObject({
      stage: 'assigned',
      tests: [],
      proofs: [],
      acceptedBy: '',
    });
  }, 120_000);

  test('does not accept a board whose ON never ends by itself', async () => {
    const house = await practiceHouse(open);
    const board = house.boards.get(ESPHOME);
    if (board && 'faults' in board) Object.assign(board.faults as object, { noLease: true });
    const result = await commission(house, [ESPHOME]);
    expect(result.accepted).toEqual([]);
    expect(result.findings).toMatchObject([{ what: 'proof lease', code: 'unsafe' }]);
  }, 120_000);
});
