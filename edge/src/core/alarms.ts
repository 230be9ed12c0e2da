/** Conditions that want a person: what the box cannot mend by itself. */
import type { Cycle } from './cycle.ts';
import type { Alarm } from './decision.ts';

const NONE: readonly Alarm[] = [];

/** The alarms as they stand now; one shared empty list when all is well. */
export function alarmsOf(cycle: Cycle): readonly Alarm[] {
  let alarms: Alarm[] | null = null;
  const add = (code: Alarm['code'], actuator: string, params: Alarm['params']) => {
    alarms ??= [];
    alarms.push({ code, actuator, params });
  };
  if (cycle.state.trust.level === 'failsafe' && !cycle.outage) add('alarm-meter', 'home', {});
  if (cycle.overloadW > 0) add('alarm-overload', 'home', { powerW: cycle.overloadW });
  if (cycle.state.operator.lostAtMs !== 0) add('alarm-operator', 'home', {});
  for (const { settings, reading } of cycle.batteries) {
    const soc = reading.socPct;
    if (soc.quality !== 'good' || soc.value >= settings.alarmPct) continue;
    add('alarm-battery', `battery:${settings.id}`, { socPct: soc.value, limit: settings.alarmPct });
  }
  for (const { settings, reading, state } of cycle.loads) {
    const actuator = 'load:';
    if (reading.contact === 'welded') add('alarm-welded', actuator + settings.id, { name: settings.name });
    if (reading.contact === 'stuck') add('alarm-stuck', actuator + settings.id, { name: settings.name });
    if (!reading.online && state.on) {
      add('alarm-board', actuator + settings.id, { name: settings.name });
    }
  }
  return alarms ?? NONE;
}
