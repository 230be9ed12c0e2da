/**
 * Rule 8, orders: what a person said, within what safety left, until it expires.
 *
 * A local override (portal or the board's button) goes before an order from afar. Orders carry wall-clock windows
 * and therefore need a trusted clock; an override counts on control time and does not.
 */
import { choose, chooseMode } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import type { Rule } from '../rule.ts';
import type { BatteryModeOrder } from '../snapshot.ts';

export const orders: Rule = { name: 'orders', apply };

function apply(cycle: Cycle): void {
  for (const load of cycle.loads) {
    const { override } = load.reading;
    if (!override || !(cycle.nowMs < override.untilMs)) continue;
    const leftS = Math.ceil((override.untilMs - cycle.nowMs) / 1000);
    const code = override.source === 'button' ? 'override-button' : 'override-portal';
    choose(cycle, load, override.on, { rule: 'orders', code, params: { leftS } });
    cycle.manual = true;
  }
  if (!cycle.clockTrusted) return;
  const { wallMs } = cycle.snapshot.time;
  for (const order of cycle.snapshot.orders) {
    // Asked this way round, a time that is no number never begins.
    if (!(wallMs >= order.fromMs && wallMs < order.untilMs)) continue;
    const leftS = Math.ceil((order.untilMs - wallMs) / 1000);
    if (order.kind === 'load') {
      const load = cycle.loads.find((candidate) => candidate.settings.id === order.load);
      if (load) choose(cycle, load, order.on, { rule: 'orders', code: 'order-load', params: { leftS } });
    } else orderMode(cycle, order, leftS);
    cycle.manual = true;
  }
}

function orderMode(cycle: Cycle, order: BatteryModeOrder, leftS: number): void {
  for (const battery of cycle.batteries) {
    const { settings } = battery;
    if (order.battery !== null && order.battery !== settings.id) continue;
    const reason: Reason = { rule: 'orders', code: 'order-mode', params: { mode: order.mode, leftS } };
    const limitW = order.limitW ?? Number.POSITIVE_INFINITY;
    const chargeW = Math.min(settings.maxChargeW, limitW);
    const dischargeW = Math.min(settings.maxDischargeW, limitW);
    chooseMode(cycle, battery, { mode: order.mode, chargeW, dischargeW }, reason);
  }
}
