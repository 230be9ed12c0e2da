/** Bugs planted in decisions, register tables and the board. */
import type { Mutant } from './mutant.ts';

const CORE = 'edge/src/core';
const RULES = 'edge/src/core/rules';
const CATALOGUE = 'edge/src/catalogue';
const DRIVE = 'edge/src/drive';
const REGISTERS = 'edge/src/registers';
const BOARD = 'hardware/relay-board';

export const CONTROL_MUTANTS: readonly Mutant[] = [
  {
    id: 'failsafe after ten minutes of a silent meter',
    file: `${RULES}/trust.ts`,
    find: 'if (silentMs >= limits.failsafeMs)',
    replace: 'if (silentMs >= 20 * limits.failsafeMs)',
  },
  {
    id: 'discharge with an unknown state of charge',
    file: `${RULES}/trust.ts`,
    find: "if (battery.reading.socPct.quality !== 'good') capDischarge",
    replace: "if (battery.reading.socPct.quality === 'absent') capDischarge",
  },
  {
    id: 'a frozen meter is believed',
    file: `${CORE}/signal-latch.ts`,
    find: 'return judged > 0;',
    replace: 'return judged > 1_000;',
  },
  {
    id: 'stale readings are good',
    file: `${CORE}/signal-latch.ts`,
    find: "if (nowMs - memory.lastAtMs > spec.freshMs) return missing('stale', memory.lastAtMs);",
    replace: '',
  },
  {
    id: 'spikes are believed',
    file: `${CORE}/signal-latch.ts`,
    find: 'if (value === null || !(value >= spec.min && value <= spec.max)) {',
    replace: 'if (value === null) {',
  },
  {
    id: 'loads return at once after an outage',
    file: `${RULES}/outage.ts`,
    find: ': cycle.nowMs + limits.firstReturnMs + spreadOf(siteId, limits.spreadMs);',
    replace: ': cycle.nowMs + spreadOf(siteId, 5_000);',
  },
  {
    id: 'the outage floor is forgotten',
    file: `${RULES}/outage.ts`,
    find: 'if (state.empty) capDischarge',
    replace: 'if (state.empty && socPct.value < 0) capDischarge',
  },
  {
    id: 'an outage lasts as long as the inverter is silent',
    file: `${CORE}/cycle.ts`,
    find: 'return outage.lost && !flows;',
    replace: 'return outage.lost && (!flows || nowMs > 0);',
  },
  {
    id: 'any power at the meter ends an outage at once',
    file: `${CORE}/cycle.ts`,
    find: 'nowMs - outage.flowsSinceMs >= settings.outage.flowMs;',
    replace: 'nowMs - outage.flowsSinceMs >= 0;',
  },
  {
    id: 'essential loads go in an outage and the others stay',
    file: `${RULES}/outage.ts`,
    find: 'if (settings.essential ||',
    replace: 'if (!settings.essential ||',
  },
  {
    id: 'a fast overload waits like a medium one',
    file: `${RULES}/fuse.ts`,
    find: 'const fast = currentA > limits.fastFactor * grid.fuseA;',
    replace: 'const fast = currentA > 10 * limits.fastFactor * grid.fuseA;',
  },
  {
    id: 'overload sheds on the neighbouring phase',
    file: `${RULES}/fuse.ts`,
    find: 'const index = (p + 1) as PhaseIndex;',
    replace: 'const index = (((p + 1) % 3) + 1) as PhaseIndex;',
  },
  {
    id: 'the peak threshold is 20 % too high',
    file: `${RULES}/peak-watch.ts`,
    find: 'const over = demandMeanW > cycle.settings.peak.thresholdW ||',
    replace: 'const over = demandMeanW > 1.2 * cycle.settings.peak.thresholdW ||',
  },
  {
    id: 'demand is smoothed over a minute',
    file: `${CORE}/cycle.ts`,
    find: 'const spanMs = settings.peak.meanMs;',
    replace: 'const spanMs = 6 * settings.peak.meanMs;',
  },
  {
    id: 'a mean counts its oldest piece only',
    file: `${CORE}/time-mean.ts`,
    find: 'sum += insideMs * at(mean.means, i);',
    replace: 'sum += insideMs * at(mean.means, 0);',
  },
  {
    id: 'the most important load is shed first',
    file: `${CORE}/shedding.ts`,
    find: 'const load = at(cycle.byPriority, k);',
    replace: 'const load = at(cycle.byPriority, cycle.byPriority.length - 1 - k);',
  },
  {
    id: 'nothing is shed for a peak',
    file: `${RULES}/peak-watch.ts`,
    find: 'if (state.peak.active && over) relieve(',
    replace: 'if (state.peak.active && over && cycle.nowMs < 0) relieve(',
  },
  {
    id: 'the least important load returns first',
    file: `${CORE}/shedding.ts`,
    find: 'for (const load of cycle.byPriority) {',
    replace: 'for (const load of cycle.byPriority.toReversed()) {',
  },
  {
    id: 'discharge goes on down to 30 %',
    file: `${RULES}/battery-hysteresis.ts`,
    find: 'else if (socPct < dischargeOffPct(settings)) state.dischargeOn = false;',
    replace: 'else if (socPct < dischargeOffPct(settings) - 5) state.dischargeOn = false;',
  },
  {
    id: 'discharge begins at 37 %',
    file: `${RULES}/battery-hysteresis.ts`,
    find: 'if (socPct >= dischargeOnPct(settings)) state.dischargeOn = true;',
    replace: 'if (socPct >= dischargeOnPct(settings) - 3) state.dischargeOn = true;',
  },
  {
    id: 'an empty battery is not kept alive',
    file: `${RULES}/battery-hysteresis.ts`,
    find: 'if (state.maintenance && settings.gridChargeAllowed)',
    replace: 'if (state.maintenance && settings.gridChargeAllowed && soc.value < 0)',
  },
  {
    id: 'a decision that depends on chance',
    file: `${CORE}/decide.ts`,
    find: 'return { limitW, leaseS: cycle.settings.commands.exportLeaseS, changed, reason };',
    replace:
      'return { limitW, leaseS: cycle.settings.commands.exportLeaseS + Math.random(), changed, reason };',
  },
  {
    id: 'registers are read low word first',
    file: `${REGISTERS}/codec.ts`,
    find: '(lowFirst ? length - 1 - i : i) * 2, word',
    replace: '(lowFirst ? i : length - 1 - i) * 2, word',
  },
  {
    id: 'a scale factor is taken the wrong way round',
    file: `${REGISTERS}/codec.ts`,
    find: 'exponent < 0 ? value / powerOfTen(-exponent) :',
    replace: 'exponent < 0 ? value * powerOfTen(-exponent) :',
  },
  {
    id: 'charging and discharging of the battery are swapped',
    file: `${CATALOGUE}/inverters/hybrid-power.ts`,
    find: 'const batteryDcPowerW = dc.dischargeDcPowerW - dc.chargeDcPowerW;',
    replace: 'const batteryDcPowerW = dc.chargeDcPowerW - dc.dischargeDcPowerW;',
  },
  {
    id: 'hold leaves the discharge open',
    file: `${CATALOGUE}/inverters/sunspec-storage.ts`,
    find: 'return rates(both, charge, 0);',
    replace: 'return rates(STORAGE_CHARGE_LIMIT_BIT, charge, 0);',
  },
  {
    id: 'another order to the battery waits for its renewal',
    file: `${DRIVE}/inverter-drive.ts`,
    find: 'return talk.differs(command, written.command);',
    replace: 'return false;',
  },
  {
    id: 'an order that got lost counts as written',
    file: `${DRIVE}/inverter-drive.ts`,
    find: 'this.#written = null;\n      this.#failedTries',
    replace: 'this.#written = { command, reservePct, atMonoMs };\n      this.#failedTries',
  },
  {
    id: 'orders to the battery never end by themselves',
    file: `${CATALOGUE}/inverters/sunspec.ts`,
    find: "yield put('revertS', leaseS);",
    replace: "yield put('revertS', 60 * leaseS);",
  },
  {
    id: 'orders to the battery are renewed too late',
    file: `${DRIVE}/order-terms.ts`,
    find: 'renewMs: renewalMs(leaseS, renewMs), tries',
    replace: 'renewMs: 100 * renewalMs(leaseS, renewMs), tries',
  },
  {
    id: 'a lease lasts a minute longer',
    file: `${BOARD}/machine.ts`,
    find: 'next.uptimeMs >= current.lease.endsAtMs',
    replace: 'next.uptimeMs >= current.lease.endsAtMs + 60_000',
  },
  {
    id: 'commands of an earlier boot are obeyed',
    file: `${BOARD}/machine.ts`,
    find: "if (message.boot !== state.boot) return 'foreign-boot';",
    replace: '',
  },
  {
    id: 'old commands are obeyed again',
    file: `${BOARD}/machine.ts`,
    find: "if (message.seq <= state.seq) return 'old-seq';",
    replace: '',
  },
  {
    id: 'expired commands are obeyed',
    file: `${BOARD}/machine.ts`,
    find: "if (state.uptimeMs > message.expUptimeMs) return 'expired';",
    replace: '',
  },
  {
    id: 'relays move right after a boot',
    file: `${BOARD}/state.ts`,
    find: 'export const BOOT_HOLD_MS = 10_000;',
    replace: 'export const BOOT_HOLD_MS = 0;',
  },
  {
    id: 'a boot restores what was on',
    file: `${BOARD}/machine.ts`,
    find: 'on: isSafeOn(configOf(started, channel)),',
    replace: 'on: state.channels[channel - 1]?.on ?? isSafeOn(configOf(started, channel)),',
  },
  {
    id: 'a stuck button chatters the contact',
    file: `${BOARD}/contact.ts`,
    find: 'if (move.on && standsForMs < config.minOffS * 1000)',
    replace: 'if (move.on && standsForMs < 0)',
  },
  {
    id: 'an interlock does not hold at the board',
    file: `${BOARD}/contact.ts`,
    find: 'if (config.interlock === 0) return false;',
    replace: 'if (config.interlock >= 0) return false;',
  },
  {
    id: 'the button holds for ten hours',
    file: `${BOARD}/state.ts`,
    find: 'export const BUTTON_LEASE_MS = 3_600_000;',
    replace: 'export const BUTTON_LEASE_MS = 36_000_000;',
  },
  {
    id: 'clocks are set an hour late',
    file: `${CORE}/zone.ts`,
    find: 'offsetChangesAtMs: changesAtMs ?? wallMs + HORIZON_MS,',
    replace: 'offsetChangesAtMs: (changesAtMs ?? wallMs + HORIZON_MS) + HOUR_MS,',
  },
  {
    id: 'an import limit from afar is forgotten',
    file: `${CORE}/effective-settings.ts`,
    find: 'return { ...settings, grid: { ...grid, importLimitW } };',
    replace: 'return importLimitW < 0 ? { ...settings, grid } : settings;',
  },
  {
    id: 'a peak threshold from afar is forgotten',
    file: `${CORE}/effective-settings.ts`,
    find: 'return { ...settings, peak: { ...settings.peak, thresholdW } };',
    replace: 'return thresholdW < 0 ? { ...settings, peak: { ...settings.peak } } : settings;',
  },
  {
    id: 'a load starts again without rest',
    file: `${RULES}/relay-care.ts`,
    find: "if (leftMs > 0) forbidOn(cycle, load, timeReason('min-off', leftMs), 'loose');",
    replace: '',
  },
];
