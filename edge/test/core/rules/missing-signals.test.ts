/** The rules that protect (1 to 5), with each signal they read gone wrong in every way. */
import { at } from '../../../src/core/at.ts';
import type { SiteSpecs } from '../../../src/core/signal-specs.ts';
import { NO_OPERATOR, type Order } from '../../../src/core/snapshot.ts';
import { home, Run, START_MS, type World } from '../home.ts';
import { chargeStandsStill, powerW, testMissing } from '../perceived.ts';

const FREEZER = { id: 'freezer', use: 'always', essential: true, priority: 1, nominalPowerW: 500 } as const;
const WATER = { id: 'water', use: 'always', priority: 2, phase: 'L1' } as const;
const POOL = { id: 'pool', use: 'always', priority: 3, phase: 'L1' } as const;

function running(input: Parameters<typeof home>[0] = {}, world: World = { gridW: 300 }): Run {
  const run = new Run(home({ loads: [FREEZER, WATER, POOL], ...input }));
  run.run(300, world);
  return run;
}

/** A home in which nothing has been switched on yet. */
function idle(input: Parameters<typeof home>[0]): Run {
  const run = new Run(home({ loads: [{ ...POOL, use: 'manual' }], ...input }));
  run.run(120, { gridW: 300 });
  return run;
}

const CHARGE: Order = {
  id: 'o-1',
  kind: 'battery-mode',
  battery: null,
  mode: 'charge-grid',
  limitW: null,
  fromMs: START_MS,
  untilMs: START_MS + 9e9,
};
const dimmed = (importLimitW: number) => ({ operator: { ...NO_OPERATOR, importLimitW } });
const wanted = { pool: { override: { on: true, source: 'portal', untilMs: START_MS + 9e9 } } } as const;

const gridPower = (specs: SiteSpecs) => specs.gridPowerW;
const batteryPower = (specs: SiteSpecs) => at(specs.batteries, 0).powerW;
const charge = (specs: SiteSpecs) => at(specs.batteries, 0).socPct;
const poolPower = (specs: SiteSpecs) => at(specs.loads, 2).powerW;

const KEPT = { home: 'normal', on: { freezer: true, water: true, pool: true } };
const onlyPool = (code: string) => ({ on: { freezer: true, water: true, pool: false }, why: { pool: code } });
const both = (code: string) => ({
  on: { freezer: true, water: false, pool: false },
  why: { water: code, pool: code },
});
const FUSE_25 = { grid: { fuseA: 25 } };

testMissing([
  {
    rule: 'trust',
    signal: 'grid power',
    spec: gridPower,
    start: () => running({ batteries: [{}] }),
    usual: 300,
    world: (gridW) => ({ gridW }),
    forS: 30,
    good: { ...KEPT, battery: 'self-consume', alarms: [] },
    missing: {
      home: 'degraded',
      on: { freezer: true, water: false, pool: false },
      why: { water: 'trust-failsafe', pool: 'trust-failsafe' },
      battery: 'idle',
      batteryWhy: 'trust-failsafe',
      alarms: ['alarm-meter'],
    },
  },
  {
    rule: 'trust',
    signal: 'state of charge',
    spec: charge,
    start: () => running({ batteries: [{}] }, { gridW: 300, socPct: 50 }),
    usual: 50,
    world: (socPct) => ({ gridW: 300, socPct }),
    forS: 5,
    good: { ...KEPT, battery: 'self-consume', dischargeW: 5000 },
    missing: { ...KEPT, battery: 'hold', batteryWhy: 'soc-unknown', chargeW: 5000, dischargeW: 0 },
    freeze: chargeStandsStill,
  },
  {
    rule: 'outage',
    signal: 'grid power, which is known to be zero',
    spec: gridPower,
    start: () => running({ batteries: [{}] }),
    usual: 300,
    world: (gridW) => ({ gridW, gridState: 'lost' }),
    forS: 60,
    good: { home: 'outage', ...both('outage-shed'), battery: 'self-consume', alarms: [] },
    missing: { home: 'outage', ...both('outage-shed'), battery: 'self-consume', alarms: [] },
  },
  {
    rule: 'outage',
    signal: 'state of charge',
    spec: charge,
    start: () => running({ batteries: [{}] }, { gridW: 300, socPct: 50 }),
    usual: 50,
    world: (socPct) => ({ gridState: 'lost', socPct }),
    forS: 5,
    good: { home: 'outage', ...both('outage-shed'), battery: 'self-consume', batteryWhy: 'outage-supply' },
    missing: { home: 'outage', ...both('outage-shed'), battery: 'hold', batteryWhy: 'soc-unknown' },
    freeze: chargeStandsStill,
  },
  {
    rule: 'fuse',
    signal: 'phase current: the phase power takes its place',
    spec: (specs) => specs.phaseCurrentA,
    start: () => running(FUSE_25),
    usual: 40,
    world: (currentA) => ({ gridW: 300, phaseA: [currentA, 1, 1], phaseW: [2300, 230, 230] }),
    forS: 1,
    good: { home: 'limited', ...both('fuse-shed') },
    missing: KEPT,
  },
  {
    rule: 'fuse',
    signal: 'phase power: a third of the grid power takes its place',
    spec: (specs) => specs.phasePowerW,
    start: () => running(FUSE_25),
    usual: 9200,
    world: (phaseW) => ({ gridW: 300, phaseW: [phaseW, 230, 230] }),
    forS: 1,
    good: { home: 'limited', ...both('fuse-shed') },
    missing: KEPT,
  },
  {
    rule: 'fuse',
    signal: 'voltage: the nominal one takes its place',
    spec: (specs) => specs.voltageV,
    start: () => running(FUSE_25),
    usual: 210,
    world: (voltageV) => ({ gridW: 300, voltageV, phaseW: [8200, 230, 230] }),
    forS: 1,
    good: { home: 'limited', ...both('fuse-shed') },
    missing: KEPT,
  },
  {
    rule: 'fuse',
    signal: 'grid power as the last resort: a phase not known sheds nothing',
    spec: gridPower,
    start: () => running(FUSE_25),
    usual: 25_000,
    world: (gridW) => ({ gridW, phaseW: [] }),
    forS: 1,
    good: { home: 'limited', on: { freezer: false, water: false, pool: false } },
    missing: KEPT,
  },
  {
    rule: 'fuse',
    signal: 'current, with the meter silent: on a phase not known nothing starts',
    spec: (specs) => specs.phaseCurrentA,
    start: () => idle(FUSE_25),
    usual: 2,
    world: (currentA) => ({ gridW: 'stale', phaseA: [currentA, 2, 2], loads: wanted }),
    forS: 2,
    good: { on: { pool: true } },
    missing: { on: { pool: false }, why: { pool: 'fuse-full' } },
  },
  {
    rule: 'fuse',
    signal: 'battery power: charging that is not seen cannot give way',
    spec: batteryPower,
    start: () => running({ grid: { fuseA: 25, phases: 1 }, batteries: [{}] }),
    usual: -3000,
    world: (batteryW) => ({ gridW: 300, batteryW, phaseA: [37] }),
    forS: 1,
    good: { home: 'limited', on: { water: true, pool: true }, chargeW: 240 },
    missing: { home: 'limited', on: { water: false, pool: false }, chargeW: 5000 },
  },
  {
    rule: 'fuse',
    signal: 'load power: a load not measured counts with its nominal power',
    spec: poolPower,
    start: () => running(FUSE_25),
    usual: 3000,
    world: (reading, run) => ({ phaseA: [37, 1, 1], gridW: 300, loads: { pool: powerW(reading, run) } }),
    forS: 1,
    good: { home: 'limited', ...onlyPool('fuse-shed') },
    missing: { home: 'limited', ...both('fuse-shed') },
  },
  {
    rule: 'operator-limit',
    signal: 'grid power: what is not known is not shed for',
    spec: gridPower,
    start: () => running(),
    usual: 300,
    world: (gridW) => ({ gridW, ...dimmed(4200) }),
    forS: 9,
    good: { home: 'limited', ...onlyPool('limit-shed') },
    missing: { home: 'limited', on: { water: true, pool: true } },
  },
  {
    rule: 'operator-limit',
    signal: 'grid power: and under a limit nothing starts',
    spec: gridPower,
    start: () => {
      const run = idle({});
      run.run(8, { gridW: 'stale', phaseA: [2, 2, 2] });
      return run;
    },
    usual: 300,
    world: (gridW) => ({ gridW, phaseA: [2, 2, 2], loads: wanted, ...dimmed(4200) }),
    forS: 1,
    good: { on: { pool: true } },
    missing: { on: { pool: false }, why: { pool: 'limit-full' } },
  },
  {
    rule: 'operator-limit',
    signal: 'battery power: charging from the grid keeps to the room that is seen',
    spec: batteryPower,
    start: () => running({ loads: [], batteries: [{}] }, { gridW: 1500 }),
    usual: -1000,
    world: (batteryW) => ({ gridW: 1500, batteryW, orders: [CHARGE], ...dimmed(2000) }),
    forS: 1,
    good: { battery: 'charge-grid', chargeW: 1500 },
    missing: { battery: 'charge-grid', chargeW: 500 },
  },
  {
    rule: 'operator-limit',
    signal: 'load power: a load not measured counts with its nominal power',
    spec: poolPower,
    start: () => running(),
    usual: 0,
    world: (reading, run) => ({ gridW: 300, loads: { pool: powerW(reading, run) }, ...dimmed(4200) }),
    forS: 1,
    good: { home: 'limited', ...both('limit-shed') },
    missing: { home: 'limited', ...onlyPool('limit-shed') },
  },
  {
    rule: 'peak-watch',
    signal: 'grid power: no reading, no peak',
    spec: gridPower,
    start: () => running(),
    usual: 8000,
    world: (gridW) => ({ gridW }),
    forS: 8,
    good: { home: 'peak', ...onlyPool('peak-shed') },
    missing: KEPT,
  },
  {
    rule: 'peak-watch',
    signal: 'grid power: a peak that is under way goes on, and nothing more is shed for it',
    spec: gridPower,
    start: () => {
      const run = running();
      run.until(({ decision }) => decision.homeMode === 'peak', { gridW: 6000 });
      return run;
    },
    usual: 5000,
    world: (gridW) => ({ gridW, phaseA: [9, 9, 9] }),
    forS: 9,
    good: { home: 'peak', ...onlyPool('peak-shed') },
    missing: { home: 'peak', ...onlyPool('peak-shed') },
  },
  {
    rule: 'peak-watch',
    signal: 'battery power: charging from the grid keeps to the room that is seen',
    spec: batteryPower,
    start: () => running({ loads: [], batteries: [{}] }, { gridW: 8000 }),
    usual: -3000,
    world: (batteryW) => ({ gridW: 8000, batteryW, orders: [CHARGE] }),
    forS: 1,
    good: { battery: 'charge-grid', chargeW: 3550 },
    missing: { battery: 'charge-grid', chargeW: 550 },
  },
  {
    rule: 'peak-watch',
    signal: 'state of charge: a battery that may not discharge covers nothing',
    spec: charge,
    start: () => running({ batteries: [{}] }, { gridW: 300, socPct: 50 }),
    usual: 50,
    world: (socPct) => ({ gridW: 7000, socPct }),
    forS: 9,
    good: { home: 'peak', on: { water: true, pool: true } },
    missing: { home: 'peak', ...onlyPool('peak-shed') },
    freeze: chargeStandsStill,
  },
  {
    rule: 'peak-watch',
    signal: 'load power: a load not measured counts with its nominal power',
    spec: poolPower,
    start: () => running(),
    usual: 0,
    world: (reading, run) => ({ gridW: 5500, loads: { pool: powerW(reading, run) } }),
    forS: 12,
    good: { home: 'peak', ...both('peak-shed') },
    missing: { home: 'peak', ...onlyPool('peak-shed') },
  },
]);
