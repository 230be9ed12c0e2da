/**
 * The question a backtest answers, as rows of a table: the home as it was, and with each thing that is asked about.
 * The first row is the counterfactual. Savings of a row are what its bill is lower by, with what is left in the
 * battery and water that was never heated valued at the mean import price: neither is earned.
 */
import type { BacktestBattery, BacktestHeater, Plant } from './plant.ts';
import { POLICIES } from './policies.ts';
import type { PolicyMaker } from './policy.ts';
import { type Backtest, type Result, settle } from './settle.ts';

export interface Question {
  readonly home: Omit<Backtest, 'plant'>;
  readonly battery: BacktestBattery | null;
  readonly heater: BacktestHeater | null;
  /** Also by the decisions of the box. */
  readonly rules: boolean;
}

export interface Answer {
  readonly name: string;
  readonly result: Result;
  readonly savedMoney: number;
}

interface Case {
  readonly name: string;
  readonly plant: Plant;
  readonly maker: PolicyMaker;
}

/** @yields the answers one after the other, the counterfactual first. */
export function* answers(question: Question): Generator<Answer> {
  let before: Result | null = null;
  for (const { name, plant, maker } of casesOf(question)) {
    const result = settle({ ...question.home, plant }, maker);
    before ??= result;
    yield { name, result, savedMoney: savedMoney(before, result, plant) };
  }
}

function casesOf({ battery, heater, rules }: Question): Case[] {
  const own = POLICIES['self-consumption'];
  const withHeater = heater ? ', heater at midnight' : '';
  const cases: Case[] = [{ name: `as it was${withHeater}`, plant: { battery: null, heater }, maker: own }];
  if (battery) {
    cases.push({ name: `battery on its own${withHeater}`, plant: { battery, heater }, maker: own });
  }
  if (!rules) return cases;
  const box = POLICIES.rules;
  if (heater) cases.push({ name: 'box: heater only', plant: { battery: null, heater }, maker: box });
  if (battery) {
    cases.push({ name: `box: battery${withHeater}`, plant: { battery, heater }, maker: batteryOnly });
  }
  if (battery && heater)
    cases.push({ name: 'box: battery and heater', plant: { battery, heater }, maker: box });
  return cases;
}

/** The box was not told of the heater: it is part of the house. */
const batteryOnly: PolicyMaker = (question) =>
  POLICIES.rules({ ...question, plant: { ...question.plant, heater: null } });

export function savedMoney(before: Result, after: Result, plant: Plant): number {
  const storedKwh = ((after.storedWh - before.storedWh) / 1000) * (plant.battery?.efficiency ?? 1);
  const unservedKwh = (after.unservedWh - before.unservedWh) / 1000;
  return before.costMoney - after.costMoney + (storedKwh - unservedKwh) * before.meanImportPricePerKwh;
}
