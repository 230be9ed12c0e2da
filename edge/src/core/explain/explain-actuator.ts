/**
 * Why an actuator is as it is, and what would have to change for it to switch.
 *
 * The rules run once more on the same readings with every attempt noted: what is explained is what decides. Codes
 * and numbers only; the sentences are made by `explanationText` where a person reads them.
 */
import type { Explanation } from '@wattward/broker/wire/explanation';
import { decideTraced, type TracedOutcome } from '../decide.ts';
import type { Reason } from '../decision.ts';
import type { Trace } from '../managed.ts';
import type { Plan } from '../plan.ts';
import { RULES } from '../rules/order.ts';
import type { Settings } from '../settings.ts';
import type { Snapshot } from '../snapshot.ts';
import type { State } from '../state.ts';
import { batteryChanges } from './battery-changes.ts';
import { waysOff } from './load-off.ts';
import { waysOn } from './load-on.ts';

/**
 * Explains one actuator with the arguments of a decision.
 * @param state the latest one; it is not changed.
 * @param settings the effective ones.
 * @param nowMs control time of the readings.
 * @param actuatorId `load:ID` or `battery:ID`.
 * @returns null when there is no such actuator.
 */
export function explainActuator(
  state: State,
  snapshot: Snapshot,
  settings: Settings,
  plan: Plan | null,
  nowMs: number,
  actuatorId: string,
): Explanation | null {
  const trace: Trace = [];
  const outcome = decideTraced(state, { snapshot, settings, plan, nowMs, trace });
  const found = explainedLoad(outcome, actuatorId) ?? explainedBattery(outcome, actuatorId);
  if (found === null) return null;
  const attempts = trace.filter((entry) => entry.actuator === actuatorId);
  const chain = RULES.map(({ name: rule }) => ({
    rule,
    bound: rule === found.reason.rule,
    attempts: attempts
      .filter((entry) => entry.rule === rule)
      .map(({ effect, took, reason }) => ({ effect, took, reason })),
  }));
  return { v: 1, actuator: actuatorId, atMs: snapshot.time.wallMs, ...found, chain };
}

type Found = Pick<Explanation, 'name' | 'outcome' | 'changes'> & { readonly reason: Reason };

function explainedLoad({ cycle, decision }: TracedOutcome, actuatorId: string): Found | null {
  const load = cycle.loads.find(({ settings }) => `load:${settings.id}` === actuatorId);
  const command = decision.loads.find(({ id }) => `load:${id}` === actuatorId);
  if (!load || !command) return null;
  const { on, reason } = command;
  const changes: Explanation['changes'] = on
    ? [{ to: 'off', ways: waysOff(cycle, load) }]
    : [{ to: 'on', ways: waysOn(cycle, load) }];
  return { name: load.settings.name, outcome: on ? 'on' : 'off', reason, changes };
}

function explainedBattery({ cycle, decision }: TracedOutcome, actuatorId: string): Found | null {
  const battery = cycle.batteries.find(({ settings }) => `battery:${settings.id}` === actuatorId);
  const command = decision.batteries.find(({ id }) => `battery:${id}` === actuatorId);
  if (!battery || !command) return null;
  const changes = batteryChanges(cycle, battery);
  return { name: battery.settings.name, outcome: command.mode, reason: command.reason, changes };
}
