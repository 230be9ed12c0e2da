/**
 * Nothing is decided for nobody, and nothing is read from nowhere: every field of the decision changes something outside
 * a running box, and no field of the snapshot stays as it is while everything outside moves. The fields are those that the
 * compiler knows. What is open stands here by name; the lists say what is missing, and they only get shorter: a field that
 * begins to work fails the test as long as it is listed.
 */
import path from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { isObserved } from './decision-observations.ts';
import { differentValues } from './field-values.ts';
import { ROOT } from './home-rig.ts';
import { type MovedHome, moveHome } from './moving-home.ts';
import { leavesOf } from './type-leaves.ts';

const NO_EXPORT_LIMIT = 'no device is told of an export limit';
const NO_PRICES = 'nothing tells prices: the fixed tariff stands';
const NO_OPERATOR_LINK = 'no contact and no message of the grid operator is read';
const NO_AVAILABLE = 'no inverter or model says what the array could give';
const NOT_HERE = 'the battery of this home takes limits and is commanded throughout';

const DECIDED_FOR_NOBODY: Readonly<Record<string, string>> = {
  'loads[].currentLimitA': 'no charger is told a current',
  'loads[].leaseS': 'a board keeps the lease of its own configuration',
  'loads[].urgent': 'orders what is sent first, which nobody outside sees',
  'loads[].changed': 'whoever drives a load finds out what differs',
  'batteries[].setpointW': NOT_HERE,
  'batteries[].leaseS': 'an inverter keeps the lease of its family',
  'batteries[].urgent': 'orders what is sent first, which nobody outside sees',
  'batteries[].changed': 'whoever drives a battery finds out what differs',
  'batteries[].commanded': NOT_HERE,
  'exportLimit.limitW': NO_EXPORT_LIMIT,
  'exportLimit.leaseS': NO_EXPORT_LIMIT,
  'exportLimit.changed': NO_EXPORT_LIMIT,
  'exportLimit.reason.rule': NO_EXPORT_LIMIT,
  'exportLimit.reason.code': NO_EXPORT_LIMIT,
  'exportLimit.reason.params': NO_EXPORT_LIMIT,
  importPricePerKwh: NO_PRICES,
  exportPricePerKwh: NO_PRICES,
  mustPersist: 'orders commit and command, which nobody outside sees',
};

const READ_FROM_NOWHERE: Readonly<Record<string, string>> = {
  'time.trusted': 'the clock of a simulated home is trusted from its start',
  'pv.availableW.quality': NO_AVAILABLE,
  'pv.availableW.value': NO_AVAILABLE,
  'pv.availableW.atMs': NO_AVAILABLE,
  'prices[].startMs': NO_PRICES,
  'prices[].endMs': NO_PRICES,
  'prices[].importPricePerKwh': NO_PRICES,
  'prices[].exportPricePerKwh': NO_PRICES,
  'operator.importLimitW': NO_OPERATOR_LINK,
  'operator.exportLimitW': NO_OPERATOR_LINK,
  'operator.heartbeatAtMs': NO_OPERATOR_LINK,
};

const CORE = path.join(ROOT, 'edge/src/core');
let home: MovedHome;

beforeAll(async () => {
  home = await moveHome();
}, 600_000);

function fields(file: string, typeName: string): string[] {
  return leavesOf(path.join(CORE, 'tsconfig.json'), path.join(CORE, file), typeName);
}

test('every field of the decision changes something outside, but those that are open', () => {
  const silent = fields('decision.ts', 'Decision').filter((field) => !isObserved(home, field));
  expect(silent.toSorted()).toEqual(Object.keys(DECIDED_FOR_NOBODY).toSorted());
});

test('no field of the snapshot is a constant while everything outside moves, but those that are open', () => {
  const snapshots = home.cycles.map(({ record }) => record.snapshot);
  const constant = fields('snapshot.ts', 'Snapshot').filter((field) => differentValues(snapshots, field) < 2);
  expect(constant.toSorted()).toEqual(Object.keys(READ_FROM_NOWHERE).toSorted());
});
