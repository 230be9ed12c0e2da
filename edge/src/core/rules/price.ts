/**
 * Rule 10, price: without a plan, buy low, keep for the expensive hours, sell high if it pays.
 *
 * Charge from the grid at or below the low price when the dearest hour ahead repays losses and wear, and whenever
 * the grid pays for taking energy. Sell at or above the high price when allowed and when it beats what refilling
 * will cost. Hold (solar may charge) while an hour at or above the high price lies ahead and this one is not. Needs
 * a trusted clock and known prices; without them it is silent.
 */
import type { ReasonCode } from '@wattward/broker/wire/reasons';
import { at } from '../at.ts';
import { chooseMode } from '../binding.ts';
import { type Cycle, isPriced } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import type { ManagedBattery } from '../managed.ts';
import type { Rule } from '../rule.ts';

export const price: Rule = { name: 'price', apply };

interface Ahead {
  readonly cheapest: number;
  readonly dearest: number;
}

function apply(cycle: Cycle): void {
  const { settings } = cycle;
  if (!settings.price.enabled || cycle.planSlot || cycle.priceIndex < 0) return;
  const ahead = pricesAhead(cycle);
  for (const battery of cycle.batteries) follow(cycle, battery, ahead);
}

function follow(cycle: Cycle, battery: ManagedBattery, ahead: Ahead): void {
  const { lowPricePerKwh, highPricePerKwh, sellAllowed } = cycle.settings.price;
  const { importPricePerKwh, exportPricePerKwh } = cycle;
  const {
    maxChargeW: chargeW,
    maxDischargeW: dischargeW,
    roundTripEfficiency,
    wearPerKwh,
  } = battery.settings;
  if (battery.settings.gridChargeAllowed) {
    if (importPricePerKwh < 0) {
      const reason = priced('price-negative', importPricePerKwh, 0);
      chooseMode(cycle, battery, { mode: 'charge-grid', chargeW, dischargeW: 0 }, reason);
      return;
    }
    const pays = ahead.dearest * roundTripEfficiency - wearPerKwh > importPricePerKwh;
    if (lowPricePerKwh !== null && importPricePerKwh <= lowPricePerKwh && pays) {
      const reason = priced('price-charge', importPricePerKwh, lowPricePerKwh);
      chooseMode(cycle, battery, { mode: 'charge-grid', chargeW, dischargeW: 0 }, reason);
      return;
    }
  }
  if (highPricePerKwh === null) return;
  const refill = ahead.cheapest / roundTripEfficiency;
  if (sellAllowed && exportPricePerKwh >= highPricePerKwh && exportPricePerKwh - wearPerKwh > refill) {
    const reason = priced('price-sell', exportPricePerKwh, highPricePerKwh);
    chooseMode(cycle, battery, { mode: 'discharge-grid', chargeW: 0, dischargeW }, reason);
    return;
  }
  if (importPricePerKwh < highPricePerKwh && ahead.dearest >= highPricePerKwh) {
    const reason = priced('price-hold', importPricePerKwh, ahead.dearest);
    chooseMode(cycle, battery, { mode: 'hold', chargeW, dischargeW: 0 }, reason);
  }
}

function pricesAhead(cycle: Cycle): Ahead {
  const { prices, time } = cycle.snapshot;
  const untilMs = time.wallMs + cycle.settings.price.aheadMs;
  let cheapest = cycle.importPricePerKwh;
  let dearest = cycle.importPricePerKwh;
  for (let k = cycle.priceIndex + 1; k < prices.length; k++) {
    const slot = at(prices, k);
    if (slot.startMs >= untilMs) break;
    if (!isPriced(slot)) continue;
    cheapest = Math.min(cheapest, slot.importPricePerKwh);
    dearest = Math.max(dearest, slot.importPricePerKwh);
  }
  return { cheapest, dearest };
}

function priced(code: ReasonCode, pricePerKwh: number, limitPerKwh: number): Reason {
  return { rule: 'price', code, params: { price: pricePerKwh, limit: limitPerKwh } };
}
