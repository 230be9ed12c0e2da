/** Every number of the control rules, with its default, its bounds and what it protects. */
import * as z from 'zod';
import { STANDARD_COMMANDS } from '../core/command-settings.ts';
import { optional, tunable } from './field.ts';

const s = (preset: number, max: number, about: string) => tunable(preset, { unit: 's', min: 0, max, about });
const factor = (preset: number, min: number, max: number, about: string) =>
  tunable(preset, { unit: 'factor', min, max, about });
const count = (preset: number, max: number, about: string) =>
  tunable(preset, { unit: 'count', min: 0, max, about });

const trust = z.strictObject({
  noNewOnS: s(10, 120, 'grid power unknown for so long: nothing is switched on'),
  failsafeS: s(30, 300, 'grid power unknown for so long: discretionary loads off, battery idle'),
  goodSamples: count(10, 1000, 'good samples in a row before a lost meter is trusted again'),
  goodS: s(30, 600, 'time those samples must span'),
  startingSamples: tunable(3, {
    unit: 'count',
    min: 1,
    max: 1000,
    about: 'good samples before a meter is trusted for the first time',
  }),
});

const outage = z.strictObject({
  floorPct: tunable(10, {
    unit: '%',
    min: 0,
    max: 100,
    about: 'the battery is used down to here in an outage',
  }),
  floorMarginPct: tunable(5, {
    unit: '%',
    min: 1,
    max: 50,
    about: 'an emptied battery is used again so far above the floor: it does not chatter there',
  }),
  flowW: tunable(50, {
    unit: 'W',
    min: 10,
    max: 5000,
    about: 'with more than this at the meter the grid is there, whatever a silent inverter last said',
  }),
  flowS: s(90, 3600, 'for so long: longer than a meter that froze is believed'),
  firstReturnS: s(60, 3600, 'wait after the grid is back, against a second collapse'),
  spreadS: s(60, 3600, 'further wait drawn from the site id, so that a street does not return at once'),
  nextReturnS: s(10, 600, 'time between two returning loads'),
});

const fuse = z.strictObject({
  fastFactor: factor(1.45, 1, 3, 'above this multiple of the fuse loads are shed at once'),
  mediumFactor: factor(1.13, 1, 3, 'above this multiple they are shed after the medium time'),
  slowFactor: factor(1, 0.3, 1.5, 'above this multiple, averaged, they are shed as well'),
  mediumS: s(5, 10, 'how long the medium band is borne'),
  slowMeanS: s(30, 120, 'time over which the slow band is averaged'),
  returnFactor: factor(1.1, 1, 3, 'a load returns when this multiple of its nominal current fits'),
  returnMarginFactor: factor(0.05, 0, 0.5, 'and this share of the fuse stays free besides'),
  returnS: s(120, 3600, 'for so long'),
  chargeFactor: factor(0.95, 0.3, 1, 'charging from the grid keeps below this share of the fuse'),
});

const operator = z.strictObject({
  expected: z.boolean().default(false).meta({ description: 'a grid operator may dim this home' }),
  heartbeatS: s(120, 3600, 'no sign of life from the operator for so long: fail-safe values'),
  failsafeImportW: tunable(4200, { unit: 'W', min: 0, max: 1_000_000, about: 'import limit in fail-safe' }),
  failsafeExportW: tunable(0, { unit: 'W', min: 0, max: 1_000_000, about: 'export limit in fail-safe' }),
  failsafeS: s(7200, 86_400, 'how long the fail-safe values hold'),
  returnShare: factor(0.9, 0.3, 1, 'share of the limit below which a load returns'),
});

const peak = z.strictObject({
  thresholdW: tunable(9000, {
    unit: 'W',
    min: 500,
    max: 1_000_000,
    about: 'mean demand above it enters Peak Mode: saves demand charges and the connection',
  }),
  exitFactor: factor(0.9, 0.3, 1, 'share of the threshold below which loads return and Peak Mode ends'),
  meanS: s(10, 300, 'time over which the demand is averaged: a spike is no peak'),
  contractW: optional({
    unit: 'W',
    min: 500,
    max: 1_000_000,
    about: 'contract level of the 15-minute demand window; none by default',
  }),
  windowMin: tunable(15, { unit: 'min', min: 5, max: 60, about: 'length of the demand window' }),
  windowPersistS: s(60, 600, 'a predicted excess must last so long before a load is shed for it'),
  batteryFirstS: s(10, 120, 'how long a battery that can cover the excess gets to do it'),
  settleS: s(3, 60, 'how long a shed load is given to show in the meter'),
  chargeFactor: factor(0.95, 0.3, 1, 'charging from the grid keeps below this share of the threshold'),
});

const returns = z.strictObject({
  nominalFactor: factor(1.1, 1, 3, 'a load returns when demand plus this multiple of its nominal power fits'),
  fitS: s(120, 3600, 'for so long'),
  minShedS: s(300, 3600, 'and not before so long after it was shed'),
  maxBackoffS: s(3600, 86_400, 'the wait doubles after a return that caused a shed, up to here'),
  causedWithinS: s(600, 7200, 'a shed so soon after a return counts as caused by it'),
});

const surplus = z.strictObject({
  onMarginW: tunable(200, {
    unit: 'W',
    min: 0,
    max: 5000,
    about: 'surplus beyond the nominal power to start',
  }),
  onS: s(60, 3600, 'for so long: not on one gap in the clouds'),
  offImportW: tunable(50, { unit: 'W', min: 0, max: 5000, about: 'import that ends a surplus load' }),
  offS: s(60, 3600, 'for so long: not on one cloud'),
  bridgeS: s(900, 7200, 'how long the battery may carry a surplus load through clouds'),
  deadlineMarginS: s(900, 7200, 'head start before a deadline can only just be met'),
  probeS: s(60, 600, 'how long hidden surplus is probed with a load under zero export'),
  probeWaitS: s(900, 86_400, 'wait after a probe that failed, doubling'),
  probeMaxWaitS: s(7200, 86_400, 'longest wait between probes'),
  raiseS: s(
    30,
    600,
    'a charger that follows the surplus is raised by one ampere at most so often: no saw-tooth',
  ),
});

const plan = z.strictObject({
  loadMeanS: tunable(900, {
    unit: 's',
    min: 60,
    max: 3600,
    about: 'house load is compared with the plan as a mean over this time: a kettle is no departure from it',
  }),
});

const price = z.strictObject({
  enabled: z
    .boolean()
    .default(false)
    .meta({ description: 'the battery may follow the price without a plan' }),
  lowPricePerKwh: optional({
    unit: 'money/kWh',
    min: -5,
    max: 5,
    about: 'charge from the grid at or below it',
  }),
  highPricePerKwh: optional({
    unit: 'money/kWh',
    min: -5,
    max: 5,
    about: 'hold the battery for hours at or above it; sell above it if allowed',
  }),
  aheadS: s(43_200, 172_800, 'how far ahead cheap and expensive hours count'),
  sell: z.boolean().default(false).meta({ description: 'energy from the battery may be sold' }),
});

/** Minimum times and budgets by kind of load; a load's own numbers count before these. */
const care = (minS: number, perHour: number, perDay: number) => ({
  minOnS: s(minS, 7200, 'shortest time on'),
  minOffS: s(minS, 7200, 'shortest time off'),
  maxSwitchesPerHour: count(perHour, 1000, 'switching operations in any hour'),
  maxSwitchesPerDay: count(perDay, 10_000, 'switching operations in any 24 hours'),
});
const relayCare = z.strictObject({
  interruptible: z.strictObject(care(60, 20, 60)).prefault({}),
  program: z.strictObject(care(300, 20, 60)).prefault({}),
  compressor: z.strictObject(care(600, 6, 60)).prefault({}),
  ev: z.strictObject(care(300, 20, 60)).prefault({}),
});

const standard = STANDARD_COMMANDS;
const commands = z.strictObject({
  suspectS: tunable(standard.suspectMs / 1000, {
    unit: 's',
    min: 20,
    max: 300,
    about: 'a board silent for so long is suspect',
  }),
  offlineS: tunable(standard.offlineMs / 1000, {
    unit: 's',
    min: 30,
    max: 900,
    about: 'a board silent for so long is offline: alarm, and its loads count as unknown',
  }),
  echoS: tunable(standard.echoMs / 1000, {
    unit: 's',
    min: 1,
    max: 30,
    about: 'an order not confirmed within it is given again',
  }),
  echoTries: tunable(standard.echoTries, {
    unit: 'count',
    min: 1,
    max: 10,
    about: 'so many orders without an echo: alarm, the load counts as not switched',
  }),
  renewS: tunable(standard.renewMs / 1000, {
    unit: 's',
    min: 5,
    max: 300,
    about: 'leases are renewed at least so often, and three times a lease where that is shorter',
  }),
  exportLeaseS: tunable(standard.exportLeaseS, {
    unit: 's',
    min: 10,
    max: 900,
    about: 'lease of a limit on export: without the box the inverter goes back to its own after it',
  }),
  validS: tunable(standard.validMs / 1000, {
    unit: 's',
    min: 2,
    max: 60,
    about: 'a command that reaches its board later is void: nothing old ever switches',
  }),
  contactS: tunable(standard.contactMs / 1000, {
    unit: 's',
    min: 3,
    max: 120,
    about: 'a contact that the meter of its load contradicts for so long is welded or stuck: alarm',
  }),
  contactFactor: factor(
    standard.contactFactor,
    0.05,
    1,
    'share of the nominal power that shows a closed contact',
  ),
  lifeSwitches: tunable(standard.lifeSwitches, {
    unit: 'count',
    min: 1000,
    max: 10_000_000,
    about: 'operations after which a relay is reported as worn, by the counter of its board',
  }),
});

const fresh = (preset: number) => s(preset, 3600, 'a reading older than this is stale');
const stepWPerS = optional({
  unit: 'W/s',
  min: 10,
  max: 1_000_000,
  about: 'largest believable change of a power; none by default, as a strong load comes in no time',
});
const volts = (preset: number, min: number, max: number, about: string) =>
  tunable(preset, { unit: 'factor', min, max, about });
const hertz = (preset: number, min: number, max: number, about: string) =>
  tunable(preset, { unit: 'Hz', min, max, about });
const signals = z.strictObject({
  meter: z
    .strictObject({
      freshS: fresh(5),
      frozenS: s(60, 86_400, 'power, voltage and frequency bit-identical for so long: frozen; 0 is no check'),
      fuseMultiple: factor(
        3,
        1.5,
        10,
        'more than this multiple of the main fuse is a wrong number, not a load',
      ),
      stepWPerS,
    })
    .prefault({}),
  inverter: z
    .strictObject({
      freshS: fresh(10),
      frozenS: s(
        300,
        86_400,
        'power, voltage and frequency of an inverter or PV meter bit-identical for so long: frozen; 0 is no check',
      ),
      pvMaxW: optional({
        unit: 'W',
        min: 100,
        max: 1_000_000,
        about: 'more PV power is a wrong number; by default what the meter may show on all phases',
      }),
      nightDrawW: tunable(1000, {
        unit: 'W',
        min: 0,
        max: 10_000,
        about: 'an inverter may draw so much without sun; more is a wrong number',
      }),
      stepWPerS,
    })
    .prefault({}),
  battery: z
    .strictObject({
      freshS: fresh(30),
      powerFactor: factor(
        1.5,
        1,
        5,
        'more than this multiple of the battery`s largest power is a wrong number',
      ),
      socStepPctPerS: tunable(1, {
        unit: '%/s',
        min: 0.01,
        max: 100,
        about: 'largest believable change of the charge reading',
      }),
      stillPct: tunable(3, {
        unit: '%',
        min: 0,
        max: 50,
        about:
          'so much of the capacity discharged without the charge reading moving: it is frozen, no discharge; 0 is no check',
      }),
    })
    .prefault({}),
  load: z
    .strictObject({
      freshS: fresh(30),
      inrushFactor: factor(8, 1.5, 20, 'more than this multiple of a load`s nominal power is a wrong number'),
      stepWPerS,
    })
    .prefault({}),
  voltage: z
    .strictObject({
      minFactor: volts(0.78, 0, 1, 'less than this share of the nominal voltage is a wrong number'),
      maxFactor: volts(1.18, 1, 2, 'more than this multiple of it is a wrong number'),
    })
    .prefault({}),
  frequency: z
    .strictObject({
      minHz: hertz(45, 40, 60, 'a lower frequency is a wrong number'),
      maxHz: hertz(55, 50, 70, 'a higher frequency is a wrong number; 65 on a grid of 60 Hz'),
    })
    .prefault({}),
  frozenSamples: tunable(10, {
    unit: 'count',
    min: 2,
    max: 1000,
    about: 'fewer identical readings in a row prove no device frozen',
  }),
  confirmSamples: count(3, 20, 'samples that must agree after a jump beyond the rate limit'),
});

export const controlSettings = z.strictObject({
  trust: trust.prefault({}),
  outage: outage.prefault({}),
  fuse: fuse.prefault({}),
  operator: operator.prefault({}),
  peak: peak.prefault({}),
  returns: returns.prefault({}),
  relayCare: relayCare.prefault({}),
  surplus: surplus.prefault({}),
  plan: plan.prefault({}),
  price: price.prefault({}),
  commands: commands.prefault({}),
  signals: signals.prefault({}),
});
