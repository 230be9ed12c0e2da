/**
 * The core's settings from a home's site file, as the box would make them.
 *
 * The box itself reads that file through its own schema, which stands behind a wall; here is the same reading in
 * short, for files that ship or that the box has accepted. A test holds both against each other for every shipped
 * home, so that a closed loop never runs with other numbers than the box.
 */
import { STANDARD_COMMANDS } from '@wattward/edge/core/command-settings';
import type { BatterySettings, LoadSettings, LoadTarget, Settings } from '@wattward/edge/core/settings';
import { parse } from 'yaml';
import * as z from 'zod';

const number = z.number();
const target = z.object({
  runMin: number.nullable().default(null),
  energyWh: number.nullable().default(null),
  deadline: z.string(),
  beyond: z.boolean().default(true),
});
const load = z.object({
  id: z.string(),
  name: z.string(),
  board: z.string(),
  channel: number,
  kind: z.enum(['interruptible', 'program', 'compressor', 'ev']).default('interruptible'),
  nominalPowerW: number,
  phase: z.enum(['L1', 'L2', 'L3', 'all']).default('L1'),
  priority: number,
  essential: z.boolean().default(false),
  use: z.enum(['always', 'surplus', 'manual']).default('surplus'),
  contact: z.enum(['no', 'nc']).default('no'),
  safeState: z.enum(['off', 'on']).default('off'),
  power: z.object({ meter: z.string(), signal: z.string() }).nullable().default(null),
  minOnS: number.optional(),
  minOffS: number.optional(),
  maxSwitchesPerHour: number.optional(),
  maxSwitchesPerDay: number.optional(),
  leaseS: number.default(90),
  interlock: number.default(0),
  target: target.nullable().default(null),
  quietHours: z.object({ from: z.string(), to: z.string() }).nullable().default(null),
  idlePowerW: number.default(10),
});
const battery = z.object({
  id: z.string(),
  name: z.string(),
  inverter: z.string(),
  capability: z.enum(['observe', 'limit', 'setpoint']).default('limit'),
  capacityWh: number,
  maxChargeW: number,
  maxDischargeW: number,
  reservePct: number.default(10),
  ceilingPct: number.default(100),
  dischargeOnPct: number.default(40),
  dischargeOffPct: number.default(35),
  maintenanceBelowReservePct: number.default(2),
  startAboveReservePct: number.default(5),
  ceilingMarginPct: number.default(1),
  maintenanceW: number.default(500),
  alarmPct: number.default(5),
  gridCharge: z.boolean().default(true),
  roundTripEfficiencyPct: number.default(90),
  wearPerKwh: number.default(0.03),
  rampWPerS: number.nullable().default(null),
  distrustMode: z.enum(['idle', 'auto']).default('idle'),
  leaseS: number.default(90),
});
const overrides = z.record(z.string(), z.record(z.string(), z.unknown())).default({});
const siteFile = z.object({
  name: z.string(),
  zone: z.string(),
  tariff: z
    .object({
      currency: z.string().default('EUR'),
      importPricePerKwh: number.default(0.3),
      exportPricePerKwh: number.default(0.08),
    })
    .prefault({}),
  grid: z.object({
    phases: z.union([z.literal(1), z.literal(3)]).default(3),
    fuseA: number,
    nominalVoltageV: number.default(230),
    importLimitW: number.nullable().default(null),
    exportLimitW: number.nullable().default(null),
  }),
  devices: z.object({ inverters: z.array(z.object({ pv: z.boolean().default(true) })).default([]) }),
  batteries: z.array(battery).default([]),
  loads: z.array(load).default([]),
  bounds: overrides,
  control: overrides,
});
export type SiteFile = z.infer<typeof siteFile>;

/** How a load is wired, beside what the core knows of it. */
export interface Wiring {
  readonly board: string;
  readonly channel: number;
  readonly contact: 'no' | 'nc';
  readonly safeState: 'off' | 'on';
  readonly signal: string | null;
}

export interface InstalledSite {
  readonly name: string;
  readonly zone: string;
  readonly settings: Settings;
  /** In the order of `settings.loads`. */
  readonly wiring: readonly Wiring[];
}

/** `placeholders` fill `${NAME}`; ports and ids mean nothing in a closed loop. */
export function installedSite(
  siteId: string,
  text: string,
  placeholders: Readonly<Record<string, string>>,
): InstalledSite {
  const filled = text.replace(/\$\{(\w+)\}/g, (_, name: string) => placeholders[name] ?? '1');
  const site = siteFile.parse(parse(filled));
  return {
    name: site.name,
    zone: site.zone,
    settings: settingsOf(siteId, site),
    wiring: site.loads.map(({ board, channel, contact, safeState, power }) => ({
      board,
      channel,
      contact,
      safeState,
      signal: power?.signal ?? null,
    })),
  };
}

const CONTROL = {
  trust: { noNewOnMs: 10_000, failsafeMs: 30_000, goodSamples: 10, goodMs: 30_000, startingSamples: 3 },
  outage: {
    floorPct: 10,
    floorMarginPct: 5,
    flowW: 50,
    flowMs: 90_000,
    firstReturnMs: 60_000,
    spreadMs: 60_000,
    nextReturnMs: 10_000,
  },
  fuse: {
    fastFactor: 1.45,
    mediumFactor: 1.13,
    slowFactor: 1,
    mediumMs: 5_000,
    slowMeanMs: 30_000,
    returnFactor: 1.1,
    returnMarginFactor: 0.05,
    returnMs: 120_000,
    chargeFactor: 0.95,
  },
  operator: {
    expected: false,
    heartbeatMs: 120_000,
    failsafeImportW: 4200,
    failsafeExportW: 0,
    failsafeMs: 7_200_000,
    returnShare: 0.9,
  },
  peak: {
    thresholdW: 9000,
    exitFactor: 0.9,
    meanMs: 10_000,
    contractW: null,
    windowMs: 900_000,
    windowPersistMs: 60_000,
    batteryFirstMs: 10_000,
    settleMs: 3_000,
    chargeFactor: 0.95,
  },
  returns: {
    nominalFactor: 1.1,
    fitMs: 120_000,
    minShedMs: 300_000,
    maxBackoffMs: 3_600_000,
    causedWithinMs: 600_000,
  },
  surplus: {
    onMarginW: 200,
    onMs: 60_000,
    offImportW: 50,
    offMs: 60_000,
    bridgeMs: 900_000,
    deadlineMarginMs: 900_000,
    probeMs: 60_000,
    probeWaitMs: 900_000,
    probeMaxWaitMs: 7_200_000,
    raiseMs: 30_000,
  },
  plan: { loadMeanMs: 900_000 },
  price: {
    enabled: false,
    lowPricePerKwh: null,
    highPricePerKwh: null,
    sellAllowed: false,
    aheadMs: 43_200_000,
  },
  commands: STANDARD_COMMANDS,
  signals: {
    meterFreshMs: 5_000,
    meterFrozenMs: 60_000,
    inverterFrozenMs: 300_000,
    inverterFreshMs: 10_000,
    batteryFreshMs: 30_000,
    loadFreshMs: 30_000,
    confirmSamples: 3,
    frozenSamples: 10,
    fuseMultiple: 3,
    meterStepWPerS: null,
    inverterStepWPerS: null,
    loadStepWPerS: null,
    pvMaxW: null,
    nightDrawW: 1000,
    batteryPowerFactor: 1.5,
    socStepPctPerS: 1,
    inrushFactor: 8,
    voltageMinFactor: 0.78,
    voltageMaxFactor: 1.18,
    frequencyMinHz: 45,
    frequencyMaxHz: 55,
    stillSocPct: 3,
  },
} as const;

const BOUNDS = {
  peakThresholdW: { min: 5000, max: 12_000 },
  batteryReservePct: { min: 5, max: 80 },
  dischargeOnPct: { min: 10, max: 100 },
  dischargeOffPct: { min: 5, max: 95 },
  importLimitW: { min: 4200, max: 100_000 },
  exportLimitW: { min: 0, max: 100_000 },
} as const;

/** Shortest times and switching budgets by kind of load. */
const CARE = {
  interruptible: { minS: 60, perHour: 20, perDay: 60 },
  program: { minS: 300, perHour: 20, perDay: 60 },
  compressor: { minS: 600, perHour: 6, perDay: 60 },
  ev: { minS: 300, perHour: 20, perDay: 60 },
} as const;

function settingsOf(siteId: string, site: SiteFile): Settings {
  const section = <K extends keyof typeof CONTROL>(name: K) => overlaid(CONTROL[name], site.control[name]);
  const { phases, fuseA, nominalVoltageV, importLimitW, exportLimitW } = site.grid;
  return {
    siteId,
    cycleMs: 1000,
    hasPv: site.devices.inverters.some(({ pv }) => pv),
    grid: { phases, fuseA, nominalVoltageV, importLimitW, exportLimitW },
    tariff: site.tariff,
    trust: section('trust'),
    outage: section('outage'),
    fuse: section('fuse'),
    operator: section('operator'),
    peak: section('peak'),
    returns: section('returns'),
    surplus: section('surplus'),
    plan: section('plan'),
    price: section('price'),
    commands: section('commands'),
    signals: section('signals'),
    bounds: {
      peakThresholdW: overlaid(BOUNDS.peakThresholdW, site.bounds.peakThresholdW),
      batteryReservePct: overlaid(BOUNDS.batteryReservePct, site.bounds.batteryReservePct),
      dischargeOnPct: overlaid(BOUNDS.dischargeOnPct, site.bounds.dischargeOnPct),
      dischargeOffPct: overlaid(BOUNDS.dischargeOffPct, site.bounds.dischargeOffPct),
      importLimitW: overlaid(BOUNDS.importLimitW, site.bounds.importLimitW),
      exportLimitW: overlaid(BOUNDS.exportLimitW, site.bounds.exportLimitW),
    },
    batteries: site.batteries.map(batteryOf),
    loads: site.loads.map(loadOf),
    byPriority: site.loads
      .map((entry, i) => ({ i, priority: entry.priority }))
      .sort((a, b) => a.priority - b.priority || a.i - b.i)
      .map(({ i }) => i),
  };
}

/** What the file says over the defaults; a key in seconds or minutes fills the one in milliseconds. */
function overlaid<T extends object>(
  defaults: T,
  said: Readonly<Record<string, unknown>> | undefined,
): Widened<T> {
  const out: Record<string, unknown> = Object.fromEntries(Object.entries(defaults));
  for (const [key, value] of Object.entries(said ?? {})) {
    if (key in out) out[key] = value;
    else if (typeof value === 'number' && `${key.replace(/S$/, '')}Ms` in out)
      out[`${key.replace(/S$/, '')}Ms`] = value * 1000;
    else if (typeof value === 'number' && key === 'windowMin') out.windowMs = value * 60_000;
    else if (key === 'sell') out.sellAllowed = value;
  }
  return out as Widened<T>;
}

type Widened<T> = {
  -readonly [K in keyof T]: T[K] extends number ? number : T[K] extends boolean ? boolean : T[K];
};

function batteryOf(entry: z.infer<typeof battery>): BatterySettings {
  const { inverter: _, gridCharge, roundTripEfficiencyPct, ...same } = entry;
  return { ...same, gridChargeAllowed: gridCharge, roundTripEfficiency: roundTripEfficiencyPct / 100 };
}

function loadOf(entry: z.infer<typeof load>): LoadSettings {
  const care = CARE[entry.kind];
  const { id, name, kind, nominalPowerW, priority, essential, use, leaseS, interlock, idlePowerW } = entry;
  return {
    ...{ id, name, kind, nominalPowerW, priority, essential, use, leaseS, interlock, idlePowerW },
    phase: ({ L1: 1, L2: 2, L3: 3, all: 0 } as const)[entry.phase],
    minOnMs: (entry.minOnS ?? care.minS) * 1000,
    minOffMs: (entry.minOffS ?? care.minS) * 1000,
    maxSwitchesPerHour: entry.maxSwitchesPerHour ?? care.perHour,
    maxSwitchesPerDay: entry.maxSwitchesPerDay ?? care.perDay,
    target: entry.target && targetOf(entry.target),
    quietHours: entry.quietHours && {
      fromMinute: minuteOf(entry.quietHours.from),
      toMinute: minuteOf(entry.quietHours.to),
    },
    current: null,
  };
}

function targetOf({ runMin, energyWh, deadline, beyond }: z.infer<typeof target>): LoadTarget {
  const by = { deadlineMinute: minuteOf(deadline), beyond };
  return runMin === null ? { energyWh: energyWh ?? 0, ...by } : { runMs: runMin * 60_000, ...by };
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}
