/** The rules in their order. First that binds wins. */
import type { Rule } from '../rule.ts';
import { batteryHysteresis } from './battery-hysteresis.ts';
import { followPlan } from './follow-plan.ts';
import { fuse } from './fuse.ts';
import { loads } from './loads.ts';
import { operatorLimit } from './operator-limit.ts';
import { orders } from './orders.ts';
import { outage } from './outage.ts';
import { peakWatch } from './peak-watch.ts';
import { price } from './price.ts';
import { relayCare } from './relay-care.ts';
import { sources } from './sources.ts';
import { trust } from './trust.ts';

export const RULES: readonly Rule[] = [
  trust,
  outage,
  fuse,
  operatorLimit,
  peakWatch,
  relayCare,
  batteryHysteresis,
  orders,
  followPlan,
  price,
  sources,
  loads,
];
