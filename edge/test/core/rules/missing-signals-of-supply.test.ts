/** The rules that supply (7 to 12), with each signal they read gone wrong in every way. */
import { at } from '../../../src/core/at.ts';
import type { Plan } from '../../../src/core/plan.ts';
import type { SiteSpecs } from '../../../src/core/signal-specs.ts';
import { type HomeInput, home, Run, START_MS, type World } from '../home.ts';
import { chargeStandsStill, powerW, testMissing } from '../perceived.ts';

const POOL = { id: 'pool', priority: 1 } as const;

const gridPower = (specs: SiteSpecs) => specs.gridPowerW;
const sunPower = (specs: SiteSpecs) => specs.pvPowerW;
const batteryPower = (specs: SiteSpecs) => at(specs.batteries, 0).powerW;
const charge = (specs: SiteSpecs) => at(specs.batteries, 0).socPct;
const poolPower = (specs: SiteSpecs) => at(specs.loads, 0).powerW;

function after(seconds: number, world: World, input: HomeInput): Run {
  const run = new Run(home(input));
  run.run(seconds, world);
  return run;
}

/** The battery holds and the pool may run, as long as the home takes 300 W and the charge is about 50 %. */
const PLAN: Plan = {
  id: 'p-1',
  issuedAtMs: START_MS,
  expiresAtMs: START_MS + 9e9,
  slots: [
    {
      startMs: START_MS,
      endMs: START_MS + 9e9,
      batteries: [
        {
          id: 'battery-1',
          mode: 'hold',
          chargeLimitW: 9000,
          dischargeLimitW: 1000,
          socMinPct: 40,
          socMaxPct: 60,
        },
      ],
      loadsOn: ['pool'],
      houseLoadW: 300,
      houseLoadBandW: 500,
      storedValuePerKwh: 0.2,
    },
  ],
};

function planned(seconds: number, world: World): Run {
  const run = new Run(home({ loads: [POOL], batteries: [{}] }));
  run.plan = PLAN;
  run.run(seconds, world);
  return run;
}

const FOLLOWED = { battery: 'hold', batteryWhy: 'plan-mode' };
const LEFT = { battery: 'self-consume', batteryWhy: 'sources-balance' };
const MAINTAINED = { battery: 'charge-grid', batteryWhy: 'battery-maintenance' };
const NEEDY: World = { gridW: -3000, pvW: 4000, socPct: 5 };
const needy = () => after(60, NEEDY, { batteries: [{}] });
/** Nothing may be exported, the battery takes no more, and the sun could give more than it does. */
const CURTAILED: World = { pvW: 1000, pvAvailableW: 5000, responsive: false };
const curtailed = () =>
  after(200, { ...CURTAILED, pvW: 0 }, { loads: [POOL], batteries: [{}], grid: { exportLimitW: 0 } });
const ON_SURPLUS = { on: { pool: true }, why: { pool: 'surplus-run' } };

testMissing([
  {
    rule: 'battery-hysteresis',
    signal: 'state of charge: the latch stays as it was',
    spec: charge,
    start: () => after(60, { gridW: 300, socPct: 37 }, { batteries: [{}] }),
    usual: 50,
    world: (socPct) => ({ gridW: 300, socPct }),
    forS: 5,
    good: { battery: 'self-consume', dischargeAllowed: true },
    missing: { battery: 'hold', batteryWhy: 'soc-unknown', dischargeAllowed: false },
    // It moved to 50 % before it stood still: then it stays allowed, and rule 1 forbids it.
    freeze: (run) => {
      run.run(2, { gridW: 300, socPct: 50 });
      const { batteries } = chargeStandsStill(run).state;
      run.state = { ...run.state, batteries: batteries.map((state) => ({ ...state, dischargeOn: false })) };
      return run;
    },
  },
  {
    rule: 'battery-hysteresis',
    signal: 'state of charge: no maintenance charge for a charge not known',
    spec: charge,
    start: needy,
    usual: 5,
    world: (socPct) => ({ ...NEEDY, socPct }),
    forS: 5,
    good: MAINTAINED,
    missing: { battery: 'hold', batteryWhy: 'soc-unknown' },
    freeze: (run) => {
      const { batteries } = run.state;
      const still = batteries.map((state) => ({ ...state, seenSocPct: 5, sinceSocMovedWh: 9000 }));
      run.state = { ...run.state, batteries: still };
      return run;
    },
  },
  {
    rule: 'battery-hysteresis',
    signal: 'grid power: the maintenance charge without knowing the sun',
    spec: gridPower,
    start: needy,
    usual: -3000,
    world: (gridW) => ({ ...NEEDY, gridW }),
    forS: 1,
    good: { ...MAINTAINED, chargeW: 3000 },
    // From the sun only: rule 5 lets nothing be drawn that nobody measures.
    missing: { battery: 'hold', batteryWhy: 'peak-charge', chargeW: 500 },
  },
  {
    rule: 'battery-hysteresis',
    signal: 'sun power: the maintenance charge without knowing the sun',
    spec: sunPower,
    start: needy,
    usual: 4000,
    world: (pvW) => ({ ...NEEDY, pvW }),
    forS: 1,
    good: { ...MAINTAINED, chargeW: 3000 },
    missing: { ...MAINTAINED, chargeW: 500 },
    // A home without an array: what it exports it has all the same.
    but: { absent: { ...MAINTAINED, chargeW: 3000 } },
  },
  {
    rule: 'battery-hysteresis',
    signal: 'battery power: the maintenance charge without knowing what it takes',
    spec: batteryPower,
    start: needy,
    usual: 0,
    world: (batteryW) => ({ ...NEEDY, batteryW }),
    forS: 1,
    good: { ...MAINTAINED, chargeW: 3000 },
    missing: { ...MAINTAINED, chargeW: 500 },
  },
  {
    rule: 'battery-hysteresis',
    signal: 'battery power: one not measured has nothing more to give against a peak',
    spec: batteryPower,
    start: () => after(200, { gridW: 300 }, { loads: [{ ...POOL, use: 'always' }], batteries: [{}] }),
    usual: 0,
    world: (batteryW) => ({ gridW: 9500, batteryW }),
    forS: 9,
    good: { home: 'peak', on: { pool: true } },
    missing: { home: 'peak', on: { pool: false } },
  },
  {
    rule: 'plan',
    signal: 'state of charge: what is not known has not left the plan',
    spec: charge,
    start: () => planned(30, { gridW: 300, socPct: 50 }),
    usual: 70,
    world: (socPct) => ({ gridW: 300, socPct }),
    forS: 2,
    good: LEFT,
    missing: FOLLOWED,
    freeze: (run) => {
      const { batteries } = run.state;
      const still = batteries.map((state) => ({ ...state, seenSocPct: 70, sinceSocMovedWh: 9000 }));
      run.state = { ...run.state, batteries: still };
      return run;
    },
  },
  {
    rule: 'plan',
    signal: 'grid power: rule 1 goes before the plan',
    spec: gridPower,
    start: () => planned(30, { gridW: 300 }),
    usual: 300,
    world: (gridW) => ({ gridW }),
    forS: 30,
    good: FOLLOWED,
    missing: { battery: 'idle', batteryWhy: 'trust-failsafe' },
  },
  {
    rule: 'plan',
    signal: 'sun power: a house load not known has not left the plan',
    spec: sunPower,
    start: () => planned(30, { gridW: 300 }),
    usual: 3000,
    world: (pvW) => ({ gridW: 300, pvW }),
    forS: 600,
    stepS: 10,
    good: LEFT,
    missing: FOLLOWED,
    but: { absent: FOLLOWED },
  },
  {
    rule: 'plan',
    signal: 'battery power: a house load not known has not left the plan',
    spec: batteryPower,
    start: () => planned(30, { gridW: 300 }),
    usual: -3000,
    world: (batteryW) => ({ gridW: 300, batteryW }),
    forS: 600,
    stepS: 10,
    good: { battery: 'self-consume' },
    missing: FOLLOWED,
  },
  {
    rule: 'plan',
    signal: 'load power: a meter fallen silent is no house load, a load never measured is',
    spec: poolPower,
    start: () => planned(30, { gridW: 300 }),
    usual: 2000,
    world: (reading, run) => ({ gridW: 300, loads: { pool: powerW(reading, run) } }),
    forS: 600,
    stepS: 10,
    good: FOLLOWED,
    missing: FOLLOWED,
    but: { absent: LEFT },
  },
  {
    rule: 'sources',
    signal: 'battery power: without it no power is followed',
    spec: batteryPower,
    start: () => after(60, { gridW: 300 }, { batteries: [{ capability: 'setpoint' }] }),
    usual: 500,
    world: (batteryW) => ({ gridW: 300, batteryW }),
    forS: 2,
    good: { battery: 'self-consume', batteryWhy: 'sources-battery', setpointW: 800 },
    missing: { battery: 'self-consume', batteryWhy: 'sources-balance', setpointW: 0 },
  },
  {
    rule: 'sources',
    signal: 'grid power: without it no power is followed',
    spec: gridPower,
    start: () => after(60, { gridW: 300 }, { batteries: [{ capability: 'setpoint' }] }),
    usual: 300,
    world: (gridW) => ({ gridW, batteryW: 500 }),
    forS: 2,
    good: { battery: 'self-consume', batteryWhy: 'sources-battery', setpointW: 800 },
    missing: { battery: 'self-consume', batteryWhy: 'sources-battery', setpointW: 0 },
  },
  {
    rule: 'loads',
    signal: 'grid power: no surplus is seen',
    spec: gridPower,
    start: () => {
      const run = after(200, { gridW: 300 }, { loads: [POOL] });
      run.run(60, { gridW: -3000 });
      return run;
    },
    usual: -3000,
    world: (gridW) => ({ gridW, responsive: false, phaseA: [4, 4, 4] }),
    forS: 9,
    good: ON_SURPLUS,
    missing: { on: { pool: false }, why: { pool: 'surplus-unknown' } },
  },
  {
    rule: 'loads',
    signal: 'battery power: one not known counts as resting',
    spec: batteryPower,
    start: () => after(200, { gridW: 300 }, { loads: [POOL], batteries: [{}] }),
    usual: 4000,
    world: (batteryW) => ({ gridW: -3000, batteryW, responsive: false }),
    forS: 100,
    good: { on: { pool: false }, why: { pool: 'surplus-wait' } },
    missing: ON_SURPLUS,
  },
  {
    rule: 'loads',
    signal: 'battery power: bridging that is not seen ends nothing, import does',
    spec: batteryPower,
    start: () => after(200, { gridW: -3000 }, { loads: [POOL], batteries: [{}] }),
    usual: 2000,
    world: (batteryW) => ({ gridW: -2000, batteryW }),
    forS: 960,
    stepS: 10,
    good: { on: { pool: false } },
    missing: ON_SURPLUS,
  },
  {
    rule: 'loads',
    signal: 'sun power: without it nothing is hidden',
    spec: sunPower,
    start: curtailed,
    usual: 1000,
    world: (pvW) => ({ ...CURTAILED, pvW }),
    forS: 90,
    good: ON_SURPLUS,
    missing: { on: { pool: false }, why: { pool: 'surplus-wait' } },
  },
  {
    rule: 'loads',
    signal: 'power the array could give: where it is not said, a load probes',
    spec: sunPower,
    start: () =>
      after(200, { ...CURTAILED, pvW: 0 }, { loads: [POOL], batteries: [{}], grid: { exportLimitW: 0 } }),
    usual: 1200,
    world: (pvAvailableW) => ({ ...CURTAILED, pvAvailableW }),
    forS: 30,
    good: { on: { pool: false }, why: { pool: 'surplus-wait' } },
    missing: { on: { pool: true }, why: { pool: 'surplus-probe' } },
  },
  {
    rule: 'loads',
    signal: 'load power: a program not measured counts as running',
    spec: poolPower,
    start: () => after(120, { gridW: 300 }, { loads: [{ ...POOL, kind: 'program', use: 'always' }] }),
    usual: 0,
    world: (reading, run) => ({
      gridW: run.nowMs < START_MS + 900_000 ? 300 : 'stale',
      loads: { pool: powerW(reading, run) },
    }),
    forS: 820,
    stepS: 10,
    good: { on: { pool: false }, why: { pool: 'trust-failsafe' } },
    missing: { on: { pool: true }, why: { pool: 'always-on' } },
  },
  {
    rule: 'loads',
    signal: 'load power: energy not measured is served at nominal power',
    spec: poolPower,
    start: () =>
      after(60, { gridW: 300 }, { loads: [{ ...POOL, target: { energyWh: 1000, deadline: '20:40' } }] }),
    usual: 1000,
    world: (reading, run) => ({ gridW: 300, loads: { pool: powerW(reading, run) } }),
    forS: 2320,
    stepS: 10,
    good: { on: { pool: true }, why: { pool: 'deadline-run' } },
    missing: { on: { pool: false }, why: { pool: 'surplus-wait' } },
  },
]);
