/** What would let a battery discharge or charge that may not, and what would end it where it may. */
import type { ChangeTo, Condition } from '@wattward/broker/wire/explanation';
import type { BatteryMode } from '@wattward/broker/wire/site';
import type { Cycle } from '../cycle.ts';
import type { ManagedBattery } from '../managed.ts';
import { dischargeOffPct, dischargeOnPct } from '../rules/battery-hysteresis.ts';
import { need, orderLeftMs, slotLeftMs, trustNeeds, type Way, wait } from './condition.ts';

export interface Change {
  readonly to: ChangeTo;
  readonly ways: Way[];
}

/** The changes open to a battery; none for one that is only observed. */
export function batteryChanges(cycle: Cycle, battery: ManagedBattery): Change[] {
  if (battery.settings.capability === 'observe') return [];
  const gives = modeAllows(battery, 'discharge') && battery.dischargeCapW > 0;
  const takes = modeAllows(battery, 'charge') && battery.chargeCapW > 0;
  return [
    gives
      ? { to: 'no-discharge', ways: dischargeEnds(cycle, battery) }
      : { to: 'discharge', ways: [dischargeNeeds(cycle, battery)] },
    takes
      ? { to: 'no-charge', ways: [[atLeastPct(battery, battery.settings.ceilingPct)]] }
      : { to: 'charge', ways: [chargeNeeds(cycle, battery)] },
  ];
}

function dischargeNeeds(cycle: Cycle, battery: ManagedBattery): Condition[] {
  const { settings, state } = battery;
  const out = [...socKnown(battery), ...modeNeeds(cycle, battery, 'discharge')];
  if (cycle.outage) {
    if (state.empty)
      out.push(
        atLeastPct(battery, cycle.settings.outage.floorPct + cycle.settings.outage.floorMarginPct, 'outage'),
      );
  } else if (!state.dischargeOn) out.push(atLeastPct(battery, dischargeOnPct(settings)));
  return out;
}

function dischargeEnds(cycle: Cycle, battery: ManagedBattery): Way[] {
  const present = socOf(battery);
  if (cycle.outage) {
    const needed = cycle.settings.outage.floorPct;
    return [[need({ rule: 'outage', signal: 'socPct', comparison: 'at-most', present, needed })]];
  }
  const needed = dischargeOffPct(battery.settings);
  return [[need({ rule: 'battery-hysteresis', signal: 'socPct', comparison: 'below', present, needed })]];
}

function chargeNeeds(cycle: Cycle, battery: ManagedBattery): Condition[] {
  const out = modeNeeds(cycle, battery, 'charge');
  if (battery.state.full) {
    const needed = battery.settings.ceilingPct - battery.settings.ceilingMarginPct;
    const present = socOf(battery);
    out.push(need({ rule: 'battery-hysteresis', signal: 'socPct', comparison: 'at-most', present, needed }));
  }
  return out;
}

type Direction = 'charge' | 'discharge';

const ALLOWING = {
  charge: ['self-consume', 'hold', 'charge-grid'],
  discharge: ['self-consume', 'discharge-grid'],
} as const satisfies Record<Direction, readonly BatteryMode[]>;

/** The mode that was chosen leaves room for this direction. */
function modeAllows(battery: ManagedBattery, direction: Direction): boolean {
  const modes: readonly (BatteryMode | null)[] = ALLOWING[direction];
  const limitW = direction === 'charge' ? battery.modeChargeW : battery.modeDischargeW;
  return modes.includes(battery.mode) && limitW > 0;
}

/** What ends a mode that leaves no room for the direction asked about. */
function modeNeeds(cycle: Cycle, battery: ManagedBattery, direction: Direction): Condition[] {
  const reason = battery.modeReason;
  if (modeAllows(battery, direction) || reason === null) return [];
  const { limit } = reason.params;
  const needed = typeof limit === 'number' ? limit : null;
  const rule = 'price';
  const bought = { rule, signal: 'importPricePerKwh', present: cycle.importPricePerKwh } as const;
  switch (reason.code) {
    case 'trust-failsafe':
      return trustNeeds(cycle);
    case 'battery-maintenance':
      return [atLeastPct(battery, battery.settings.reservePct)];
    case 'order-mode':
      return wait('orders', orderLeftMs(reason));
    case 'plan-mode':
      return wait('plan', slotLeftMs(cycle));
    case 'price-negative':
      return [need({ ...bought, comparison: 'at-least', needed: 0 })];
    case 'price-charge':
      return [need({ ...bought, comparison: 'above', needed })];
    case 'price-hold':
      return [need({ ...bought, comparison: 'at-least', needed: cycle.settings.price.highPricePerKwh })];
    case 'price-sell': {
      const present = cycle.exportPricePerKwh;
      return [need({ rule, signal: 'exportPricePerKwh', comparison: 'below', present, needed })];
    }
    default:
      return [];
  }
}

function socKnown(battery: ManagedBattery): Condition[] {
  const { quality } = battery.reading.socPct;
  if (quality === 'good') return [];
  const word = { present: quality, needed: 'good' };
  return [need({ rule: 'trust', signal: 'socQuality', comparison: 'equals', ...word })];
}

function atLeastPct(
  battery: ManagedBattery,
  needed: number,
  rule: 'battery-hysteresis' | 'outage' = 'battery-hysteresis',
): Condition {
  return need({ rule, signal: 'socPct', comparison: 'at-least', present: socOf(battery), needed });
}

function socOf(battery: ManagedBattery): number | null {
  return battery.reading.socPct.value;
}
