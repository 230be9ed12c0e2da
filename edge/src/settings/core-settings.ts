/** From the installer's settings to what the core computes with: milliseconds, defaults by kind filled in. */
import type { BatterySettings, LoadSettings, LoadTarget, PhaseIndex, Settings } from '../core/settings.ts';
import type { SiteBattery } from './battery-settings.ts';
import { minuteOf } from './field.ts';
import type { SiteLoad } from './load-settings.ts';
import type { SiteSettings } from './site-settings.ts';

/** The core's settings of one site. `cycleMs`: site milliseconds from one decision to the next. */
export function coreSettings(siteId: string, site: SiteSettings, cycleMs = 1000): Settings {
  const { trust, outage, fuse, operator, peak, returns, surplus, plan, price, commands, signals } =
    site.control;
  return {
    siteId,
    cycleMs,
    hasPv: site.devices.inverters.some((i) => i.pv) || site.devices.meters.some((m) => m.role === 'pv'),
    grid: site.grid,
    tariff: site.tariff,
    trust: {
      noNewOnMs: trust.noNewOnS * 1000,
      failsafeMs: trust.failsafeS * 1000,
      goodSamples: trust.goodSamples,
      goodMs: trust.goodS * 1000,
      startingSamples: trust.startingSamples,
    },
    outage: {
      floorPct: outage.floorPct,
      floorMarginPct: outage.floorMarginPct,
      flowW: outage.flowW,
      flowMs: outage.flowS * 1000,
      firstReturnMs: outage.firstReturnS * 1000,
      spreadMs: outage.spreadS * 1000,
      nextReturnMs: outage.nextReturnS * 1000,
    },
    fuse: {
      fastFactor: fuse.fastFactor,
      mediumFactor: fuse.mediumFactor,
      slowFactor: fuse.slowFactor,
      mediumMs: fuse.mediumS * 1000,
      slowMeanMs: fuse.slowMeanS * 1000,
      returnFactor: fuse.returnFactor,
      returnMarginFactor: fuse.returnMarginFactor,
      returnMs: fuse.returnS * 1000,
      chargeFactor: fuse.chargeFactor,
    },
    operator: {
      expected: operator.expected,
      heartbeatMs: operator.heartbeatS * 1000,
      failsafeImportW: operator.failsafeImportW,
      failsafeExportW: operator.failsafeExportW,
      failsafeMs: operator.failsafeS * 1000,
      returnShare: operator.returnShare,
    },
    peak: {
      thresholdW: peak.thresholdW,
      exitFactor: peak.exitFactor,
      meanMs: peak.meanS * 1000,
      contractW: peak.contractW,
      windowMs: peak.windowMin * 60_000,
      windowPersistMs: peak.windowPersistS * 1000,
      batteryFirstMs: peak.batteryFirstS * 1000,
      settleMs: peak.settleS * 1000,
      chargeFactor: peak.chargeFactor,
    },
    returns: {
      nominalFactor: returns.nominalFactor,
      fitMs: returns.fitS * 1000,
      minShedMs: returns.minShedS * 1000,
      maxBackoffMs: returns.maxBackoffS * 1000,
      causedWithinMs: returns.causedWithinS * 1000,
    },
    surplus: {
      onMarginW: surplus.onMarginW,
      onMs: surplus.onS * 1000,
      offImportW: surplus.offImportW,
      offMs: surplus.offS * 1000,
      bridgeMs: surplus.bridgeS * 1000,
      deadlineMarginMs: surplus.deadlineMarginS * 1000,
      probeMs: surplus.probeS * 1000,
      probeWaitMs: surplus.probeWaitS * 1000,
      probeMaxWaitMs: surplus.probeMaxWaitS * 1000,
      raiseMs: surplus.raiseS * 1000,
    },
    plan: { loadMeanMs: plan.loadMeanS * 1000 },
    price: {
      enabled: price.enabled,
      lowPricePerKwh: price.lowPricePerKwh,
      highPricePerKwh: price.highPricePerKwh,
      sellAllowed: price.sell,
      aheadMs: price.aheadS * 1000,
    },
    commands: {
      suspectMs: commands.suspectS * 1000,
      offlineMs: commands.offlineS * 1000,
      echoMs: commands.echoS * 1000,
      echoTries: commands.echoTries,
      renewMs: commands.renewS * 1000,
      exportLeaseS: commands.exportLeaseS,
      validMs: commands.validS * 1000,
      contactMs: commands.contactS * 1000,
      contactFactor: commands.contactFactor,
      lifeSwitches: commands.lifeSwitches,
    },
    signals: {
      meterFreshMs: signals.meter.freshS * 1000,
      meterFrozenMs: signals.meter.frozenS * 1000,
      inverterFreshMs: signals.inverter.freshS * 1000,
      inverterFrozenMs: signals.inverter.frozenS * 1000,
      batteryFreshMs: signals.battery.freshS * 1000,
      loadFreshMs: signals.load.freshS * 1000,
      confirmSamples: signals.confirmSamples,
      frozenSamples: signals.frozenSamples,
      fuseMultiple: signals.meter.fuseMultiple,
      meterStepWPerS: signals.meter.stepWPerS,
      pvMaxW: signals.inverter.pvMaxW,
      nightDrawW: signals.inverter.nightDrawW,
      inverterStepWPerS: signals.inverter.stepWPerS,
      batteryPowerFactor: signals.battery.powerFactor,
      socStepPctPerS: signals.battery.socStepPctPerS,
      inrushFactor: signals.load.inrushFactor,
      loadStepWPerS: signals.load.stepWPerS,
      voltageMinFactor: signals.voltage.minFactor,
      voltageMaxFactor: signals.voltage.maxFactor,
      frequencyMinHz: signals.frequency.minHz,
      frequencyMaxHz: signals.frequency.maxHz,
      stillSocPct: signals.battery.stillPct,
    },
    bounds: site.bounds,
    batteries: site.batteries.map(coreBattery),
    loads: site.loads.map((load) => coreLoad(load, site)),
    byPriority: site.loads
      .map((load, i) => ({ i, priority: load.priority }))
      .sort((a, b) => a.priority - b.priority || a.i - b.i)
      .map((entry) => entry.i),
  };
}

function coreBattery(battery: SiteBattery): BatterySettings {
  const { inverter: _, gridCharge, roundTripEfficiencyPct, ...same } = battery;
  return { ...same, gridChargeAllowed: gridCharge, roundTripEfficiency: roundTripEfficiencyPct / 100 };
}

function coreTarget(target: NonNullable<SiteLoad['target']>): LoadTarget {
  const common = { deadlineMinute: minuteOf(target.deadline), beyond: target.beyond };
  if (target.runMin !== null) return { runMs: target.runMin * 60_000, ...common };
  return { energyWh: target.energyWh ?? 0, ...common };
}

const PHASES = { L1: 1, L2: 2, L3: 3, all: 0 } as const satisfies Record<SiteLoad['phase'], PhaseIndex>;

function coreLoad(load: SiteLoad, site: SiteSettings): LoadSettings {
  const care = site.control.relayCare[load.kind];
  return {
    id: load.id,
    name: load.name,
    kind: load.kind,
    nominalPowerW: load.nominalPowerW,
    phase: PHASES[load.phase],
    priority: load.priority,
    essential: load.essential,
    use: load.use,
    minOnMs: (load.minOnS ?? care.minOnS) * 1000,
    minOffMs: (load.minOffS ?? care.minOffS) * 1000,
    maxSwitchesPerHour: load.maxSwitchesPerHour ?? care.maxSwitchesPerHour,
    maxSwitchesPerDay: load.maxSwitchesPerDay ?? care.maxSwitchesPerDay,
    leaseS: load.leaseS,
    interlock: load.interlock,
    target: load.target && coreTarget(load.target),
    quietHours: load.quietHours && {
      fromMinute: minuteOf(load.quietHours.from),
      toMinute: minuteOf(load.quietHours.to),
    },
    current: load.current,
    idlePowerW: load.idlePowerW,
  };
}
