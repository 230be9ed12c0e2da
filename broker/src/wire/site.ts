/** Messages from a site to the portal: what it is, what it does right now, what happened. */
import * as z from 'zod';
import { count, finite, id, instant, nullableNumber, reason, version } from './schema.ts';

export const HOME_MODES = ['normal', 'peak', 'limited', 'outage', 'degraded', 'manual'] as const;
export type HomeMode = (typeof HOME_MODES)[number];
export const BATTERY_MODES = [
  'self-consume',
  'hold',
  'idle',
  'charge-grid',
  'discharge-grid',
  'auto',
] as const;
export type BatteryMode = (typeof BATTERY_MODES)[number];
export const LOAD_KINDS = ['interruptible', 'program', 'compressor', 'ev'] as const;
export type LoadKind = (typeof LOAD_KINDS)[number];
export const QUALITIES = ['good', 'stale', 'fault', 'absent'] as const;
export type Quality = (typeof QUALITIES)[number];

/** Watts from source to sink; the seven always tie out with the balance of the same cycle. */
export const allocation = z.object({
  solarToLoadW: finite,
  solarToBatteryW: finite,
  solarToGridW: finite,
  batteryToLoadW: finite,
  batteryToGridW: finite,
  gridToLoadW: finite,
  gridToBatteryW: finite,
});
export type Allocation = z.infer<typeof allocation>;

const batteryState = z.object({
  id,
  name: z.string(),
  mode: z.enum(BATTERY_MODES),
  chargeLimitW: finite,
  dischargeLimitW: finite,
  powerW: nullableNumber,
  socPct: nullableNumber,
  /** Hysteresis latch: may the battery discharge at present? */
  dischargeAllowed: z.boolean(),
  reason,
});

const loadState = z.object({
  id,
  name: z.string(),
  kind: z.enum(LOAD_KINDS),
  priority: count,
  essential: z.boolean(),
  nominalPowerW: finite,
  /** What the box wants, what the board says, what the meter sees: three values, kept apart. */
  desired: z.boolean(),
  reported: z.boolean().nullable(),
  measuredPowerW: nullableNumber,
  /** Since when `desired` has been as it is. */
  since: instant.nullable(),
  shed: z.boolean(),
  reason,
});
export type LoadState = z.infer<typeof loadState>;

/** The live snapshot with the decision taken on it, once a second, never stored by the broker. */
export const siteState = z.object({
  v: version,
  site: id,
  at: instant,
  cycle: count,
  mode: z.enum(HOME_MODES),
  /** What explains the home as a whole right now. */
  reason,
  power: z.object({
    gridPowerW: nullableNumber,
    pvPowerW: nullableNumber,
    batteryPowerW: nullableNumber,
    houseLoadW: nullableNumber,
    managedLoadW: nullableNumber,
  }),
  batterySocPct: nullableNumber,
  signals: z.record(
    z.string(),
    z.object({ value: nullableNumber, ageMs: count, quality: z.enum(QUALITIES) }),
  ),
  allocation: allocation.nullable(),
  peak: z.object({
    active: z.boolean(),
    thresholdW: finite,
    /** 10 s time-weighted mean of what is drawn from the grid. */
    demandW: nullableNumber,
    /** Mean of the running quarter of an hour, as it will be at its end if nothing changes. */
    windowDemandW: nullableNumber,
    shedLoads: z.array(id),
  }),
  batteries: z.array(batteryState),
  loads: z.array(loadState),
  /** Energy counters, since the site's day began (its own zone). */
  today: z.object({
    gridImportWh: finite,
    gridExportWh: finite,
    pvWh: finite,
    batteryChargedWh: finite,
    batteryDischargedWh: finite,
    costMoney: finite,
    savingsMoney: finite,
  }),
  price: z.object({
    importPricePerKwh: nullableNumber,
    exportPricePerKwh: nullableNumber,
    currency: z.string().length(3),
  }),
  setpoints: z.array(z.object({ id: z.string(), kind: z.string(), value: z.unknown(), expires: instant })),
  outbox: z.object({ pendingPoints: count, oldestAgeS: finite, droppedPoints: count }),
});
export type SiteState = z.infer<typeof siteState>;

const bound = z.object({ min: finite, max: finite, default: finite, unit: z.string() });
export type Bound = z.infer<typeof bound>;

export const siteDescription = z.object({
  v: version,
  site: id,
  name: z.string().max(80),
  zone: z.string(),
  softwareVersion: z.string(),
  boot: z.string(),
  /** Drawn at every start of the box; a set-point must carry it, so that none recorded earlier can be replayed. */
  challenge: z.string(),
  /** By key: the sequence number of the last set-point taken; the next one of that key must be above. */
  setpointSeqs: z.record(id, count).default({}),
  simulated: z.boolean(),
  capabilities: z.object({
    pv: z.boolean(),
    battery: z.boolean(),
    ev: z.boolean(),
    phases: z.union([z.literal(1), z.literal(3)]),
  }),
  devices: z.array(z.object({ id, kind: z.string(), name: z.string(), address: z.string() })),
  loads: z.array(
    z.object({
      id,
      name: z.string(),
      kind: z.enum(LOAD_KINDS),
      priority: count,
      essential: z.boolean(),
      nominalPowerW: finite,
      board: id,
      channel: count,
    }),
  ),
  batteries: z.array(
    z.object({ id, name: z.string(), capacityWh: finite, maxChargeW: finite, maxDischargeW: finite }),
  ),
  /**
   * What the installer allows to be changed from afar: by set-point kind where its value is one number, by
   * `kind.field` where it is more. A kind that is not named is not taken.
   */
  bounds: z.record(z.string(), bound),
  /** The same for what is no number: `kind.field` with the values that can be chosen. */
  choices: z.record(z.string(), z.array(z.string())).optional(),
  tariff: z.object({ currency: z.string().length(3), importPricePerKwh: finite, exportPricePerKwh: finite }),
});
export type SiteDescription = z.infer<typeof siteDescription>;

/** What the operator of the grid needs to sign a limit; nothing else of the home is told to it. */
export const operatorTerms = z.object({
  v: version,
  site: id,
  challenge: siteDescription.shape.challenge,
  /** By key of the operator, as in the description. */
  setpointSeqs: z.record(id, count),
  /** Of the limits that can be set. */
  bounds: z.record(z.string(), bound),
});
export type OperatorTerms = z.infer<typeof operatorTerms>;

export const siteSummary = z.object({
  v: version,
  site: id,
  at: instant,
  mode: z.enum(HOME_MODES),
  gridPowerW: nullableNumber,
  pvPowerW: nullableNumber,
  batterySocPct: nullableNumber,
  alarms: count,
  today: siteState.shape.today,
});
export type SiteSummary = z.infer<typeof siteSummary>;

export const siteEvent = z.object({
  v: version,
  site: id,
  seq: count,
  at: instant,
  severity: z.enum(['info', 'warning', 'alarm']),
  code: z.string().max(60),
  params: reason.shape.params,
});
export type SiteEvent = z.infer<typeof siteEvent>;
export const siteEventAck = z.object({ v: version, seq: count });
