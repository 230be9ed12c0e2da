/** Asks for an explanation as the box would, and writes its conditions short enough for a table. */
import { type Condition, type Explanation, explanation } from '@wattward/broker/wire/explanation';
import { explainActuator } from '../../../src/core/explain/explain-actuator.ts';
import type { Run, World } from '../home.ts';

export const PERSON_ON = 'orders: person equals on (now off)';
export const PERSON_OFF = 'orders: person equals off (now on)';

/** What the box would answer now, in this world. Also what comes out of JSON must be a whole answer. */
export function explained(run: Run, world: World, actuator: string): Explanation {
  const { state, settings, plan, nowMs } = run;
  const answer = explainActuator(state, run.snapshot(world), settings, plan, nowMs, actuator);
  return explanation.parse(JSON.parse(JSON.stringify(answer)));
}

/** `peak-watch: demandW at-most 5790 (now 11500) for 120 s`. */
export function short({ rule, signal, comparison, needed, present, forMs, params }: Condition): string {
  const lasting = forMs > 0 ? ` for ${Math.round(forMs / 1000)} s` : '';
  const about = Object.values(params).map((value) => ` [${value}]`);
  const round = (value: number | string | null) =>
    typeof value === 'number' ? Math.round(value * 10) / 10 : value;
  return `${rule}: ${signal} ${comparison} ${round(needed)} (now ${round(present)})${lasting}${about.join('')}`;
}

export function ways(run: Run, world: World, actuator: string, change = 0): string[][] {
  return (explained(run, world, actuator).changes[change]?.ways ?? []).map((way) => way.map(short));
}
