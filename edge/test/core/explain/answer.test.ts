import { expect, test } from '@jest/globals';
import { explanationText } from '@wattward/broker/wire/explanation';
import { explainActuator } from '../../../src/core/explain/explain-actuator.ts';
import { RULES } from '../../../src/core/rules/order.ts';
import { home, Run, type World } from '../home.ts';
import { explained } from './explained.ts';

test('the chain lists all rules in their order, what each tried, and who bound it', () => {
  const run = new Run(home({ loads: [{ id: 'pool', use: 'always', nominalPowerW: 2100 }] }));
  run.run(90, { gridW: 500 });
  run.run(30, { gridW: 9500 });
  const { chain, outcome, reason } = explained(run, { gridW: 9500 }, 'load:pool');
  expect(chain.map(({ rule }) => rule)).toEqual(RULES.map(({ name }) => name));
  expect({ outcome, code: reason.code }).toEqual({ outcome: 'off', code: 'peak-shed' });
  const said = chain.flatMap(({ rule, bound, attempts }) =>
    attempts.map(({ effect, took, reason: { code } }) => `${rule} ${effect} ${code} ${took} ${bound}`),
  );
  expect(said).toEqual([
    'peak-watch forbid-on peak-shed true true',
    'peak-watch forbid-on peak-hold false true',
    'relay-care forbid-on min-off false false',
    'loads choose-on always-on true false',
    'loads choose-off surplus-wait false false',
  ]);
});

test('explaining changes nothing, and what is not there cannot be explained', () => {
  const run = new Run(home({ loads: [{ id: 'pool' }], batteries: [{ capability: 'observe' }] }));
  run.run(5, { gridW: 500 });
  const before = JSON.stringify(run.state);
  expect(explained(run, { gridW: 500 }, 'battery:battery-1').changes).toEqual([]);
  expect(JSON.stringify(run.state)).toBe(before);
  const { state, settings, nowMs } = run;
  expect(explainActuator(state, run.snapshot({}), settings, null, nowMs, 'load:nothing')).toBeNull();
});

test('said in both languages', () => {
  const run = new Run(home({ loads: [{ id: 'pool', name: 'Pool', nominalPowerW: 2100 }], batteries: [{}] }));
  const world: World = { gridW: -800, socPct: 37 };
  run.run(90, world);
  const load = explained(run, world, 'load:pool');
  expect(explanationText(load, 'en')).toBe(
    '"Pool" is off: waits for the sun: surplus 0.8 kW, 2.3 kW needed. It switches on when the surplus is at ' +
      'least 2.3 kW (now 0.8 kW) for 60 s, or a person switches it on.',
  );
  expect(explanationText(load, 'de')).toBe(
    '"Pool" ist aus: wartet auf Sonne: Überschuss 0,8 kW, nötig 2,3 kW. Es schaltet ein, wenn der Überschuss ' +
      'bei mindestens 2,3 kW liegt (jetzt 0,8 kW) und das 60 s lang, oder jemand es von Hand auf an stellt.',
  );
  expect(explanationText(explained(run, world, 'battery:battery-1'), 'de')).toBe(
    '"Battery 1" ist im Modus Halten: Ladestand 37,0 %: Entladung beginnt bei 40,0 %. Sie darf entladen, wenn ' +
      'der Ladestand bei mindestens 40,0 % liegt (jetzt 37,0 %). Sie lädt nicht mehr, wenn der Ladestand bei ' +
      'mindestens 100,0 % liegt (jetzt 37,0 %).',
  );
});
