/**
 * From what freedom is left to mode, limits and set-point of each battery.
 *
 * A mode that lost one of its directions becomes the mode that says so: no discharge is `hold`, neither is `idle`.
 * Limits fall at once and rise with the ramp. A battery that takes a power follows the live meter within its mode:
 * never a planned power.
 */
import type { BatteryMode } from '@wattward/broker/wire/site';
import type { Cycle } from './cycle.ts';
import type { BatteryCommand, Reason } from './decision.ts';
import type { ManagedBattery } from './managed.ts';
import { isProtective } from './protective.ts';

/** Grid power that a following battery leaves alone, watts: noise is not worth a command. */
const DEAD_BAND_W = 20;

const UNDECIDED: Reason = { rule: 'start', code: 'starting', params: {} };

interface Settled {
  readonly mode: BatteryMode;
  readonly chargeW: number;
  readonly dischargeW: number;
  readonly reason: Reason;
}

/** Settles all batteries: writes their state and returns their commands in the order of the settings. */
export function concludeBatteries(cycle: Cycle): BatteryCommand[] {
  const commands: BatteryCommand[] = [];
  for (const battery of cycle.batteries) {
    const settled = battery.settings.capability === 'observe' ? OBSERVED : settle(battery);
    commands.push(conclude(cycle, battery, settled));
  }
  return commands;
}

const OBSERVED: Settled = {
  mode: 'auto',
  chargeW: 0,
  dischargeW: 0,
  reason: { rule: 'sources', code: 'battery-observed', params: {} },
};

function settle(battery: ManagedBattery): Settled {
  const mode = battery.mode ?? 'idle';
  const reason = battery.modeReason ?? UNDECIDED;
  const chargeCapW = Math.min(battery.modeChargeW, battery.chargeCapW);
  const dischargeCapW = Math.min(battery.modeDischargeW, battery.dischargeCapW);
  const noDischarge = battery.dischargeReason ?? reason;
  const noCharge = battery.chargeReason ?? reason;
  switch (mode) {
    case 'auto':
    case 'idle':
      return { mode, chargeW: 0, dischargeW: 0, reason };
    case 'charge-grid': {
      const chargeW = Math.min(chargeCapW, battery.gridChargeCapW);
      if (chargeW > 0) return { mode, chargeW, dischargeW: 0, reason };
      // Nothing may come from the grid at present: the sun still may.
      const because = chargeCapW <= 0 ? noCharge : (battery.gridChargeReason ?? reason);
      return { mode: chargeCapW > 0 ? 'hold' : 'idle', chargeW: chargeCapW, dischargeW: 0, reason: because };
    }
    case 'discharge-grid':
      if (dischargeCapW > 0) return { mode, chargeW: 0, dischargeW: dischargeCapW, reason };
      return { mode: 'idle', chargeW: 0, dischargeW: 0, reason: noDischarge };
    case 'hold':
      if (chargeCapW > 0) return { mode, chargeW: chargeCapW, dischargeW: 0, reason };
      return { mode: 'idle', chargeW: 0, dischargeW: 0, reason: noCharge };
    case 'self-consume':
      if (dischargeCapW > 0) return { mode, chargeW: chargeCapW, dischargeW: dischargeCapW, reason };
      return {
        mode: chargeCapW > 0 ? 'hold' : 'idle',
        chargeW: chargeCapW,
        dischargeW: 0,
        reason: noDischarge,
      };
  }
}

function conclude(cycle: Cycle, battery: ManagedBattery, settled: Settled): BatteryCommand {
  const { state, settings } = battery;
  const changed = settled.mode !== state.mode;
  const stepW = settings.rampWPerS === null ? null : (settings.rampWPerS * cycle.dtMs) / 1000;
  state.mode = settled.mode;
  state.chargeLimitW = ramped(state.chargeLimitW, settled.chargeW, stepW);
  state.dischargeLimitW = ramped(state.dischargeLimitW, settled.dischargeW, stepW);
  const setpointW = settings.capability === 'setpoint' ? followed(cycle, battery, stepW) : null;
  state.setpointW = setpointW ?? 0;
  return {
    id: settings.id,
    mode: state.mode,
    chargeLimitW: state.chargeLimitW,
    dischargeLimitW: state.dischargeLimitW,
    setpointW,
    leaseS: settings.leaseS,
    urgent: changed && isProtective(settled.reason),
    changed,
    commanded: settings.capability !== 'observe',
    dischargeAllowed: state.dischargeOn,
    reason: settled.reason,
  };
}

function ramped(fromW: number, toW: number, stepW: number | null): number {
  return stepW === null || toW <= fromW ? toW : Math.min(toW, fromW + stepW);
}

/** The power that the mode asks for at the live meter, discharge +, within limits and ramp, whole watts. */
function followed(cycle: Cycle, battery: ManagedBattery, stepW: number | null): number {
  const { state } = battery;
  const wishW = wishedW(cycle, battery);
  const boundedW = Math.min(state.dischargeLimitW, Math.max(-state.chargeLimitW, wishW));
  if (stepW === null) return wholeW(boundedW);
  // The ramp never keeps a power beyond its limits.
  const nextW = Math.min(state.setpointW + stepW, Math.max(state.setpointW - stepW, boundedW));
  return wholeW(Math.min(state.dischargeLimitW, Math.max(-state.chargeLimitW, nextW)));
}

/** Whole watts; never minus zero, which JSON does not know. */
function wholeW(powerW: number): number {
  return Math.round(powerW) + 0;
}

function wishedW(cycle: Cycle, battery: ManagedBattery): number {
  const { state } = battery;
  switch (state.mode) {
    case 'charge-grid':
      return -state.chargeLimitW;
    case 'discharge-grid':
      return state.dischargeLimitW;
    case 'hold':
      return Math.min(0, balancingW(cycle, battery));
    case 'self-consume':
      return balancingW(cycle, battery);
    case 'idle':
    case 'auto':
      return 0;
  }
}

/** This battery's share of what would bring the grid power to zero. Nothing where the meter is not known. */
function balancingW(cycle: Cycle, battery: ManagedBattery): number {
  const { gridNowW, batteryPowerW } = cycle;
  if (gridNowW === null || batteryPowerW === null) return 0;
  const own = battery.reading.powerW;
  if (Math.abs(gridNowW) <= DEAD_BAND_W && own.quality === 'good') return own.value;
  const totalW = batteryPowerW + gridNowW;
  let sumW = 0;
  for (const other of cycle.batteries) {
    if (other.settings.capability !== 'observe') sumW += totalW >= 0 ? other.dischargeCapW : other.chargeCapW;
  }
  const ownW = totalW >= 0 ? battery.dischargeCapW : battery.chargeCapW;
  return sumW === 0 ? 0 : (totalW * ownW) / sumW;
}
