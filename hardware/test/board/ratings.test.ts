import { describe, expect, test } from '@jest/globals';
import { channelsLiveAtReset, GPIOS, PIN_MAPS } from '../../board/pin-map.ts';
import { type Load, lifeYears, RATINGS, SWITCH_LIMITS, wiringOf } from '../../board/ratings.ts';
import { defaultChannel } from '../../relay-board/state.ts';

test('the board state machine starts with the limits of a resistive load', () => {
  expect(defaultChannel(1)).toMatchObject(SWITCH_LIMITS.resistive);
});

describe('a load goes on the contact or on a contactor', () => {
  const cases: [string, 'own' | 'bought', Load, 'direct' | 'contactor'][] = [
    ['pool heater 2.1 kW', 'own', { class: 'resistive', currentA: 9.1, phases: 1 }, 'direct'],
    ['pool heater 2.1 kW', 'bought', { class: 'resistive', currentA: 9.1, phases: 1 }, 'contactor'],
    ['heating rod at the limit', 'own', { class: 'resistive', currentA: 10, phases: 1 }, 'direct'],
    ['heating rod above the limit', 'own', { class: 'resistive', currentA: 10.1, phases: 1 }, 'contactor'],
    [
      'heater of 6 A that is on when in doubt',
      'own',
      { class: 'resistive', currentA: 6, phases: 1, contact: 'nc' },
      'contactor',
    ],
    [
      'heater of 5 A that is on when in doubt',
      'own',
      { class: 'resistive', currentA: 5, phases: 1, contact: 'nc' },
      'direct',
    ],
    ['small pump', 'own', { class: 'inductive', currentA: 0.5, phases: 1 }, 'direct'],
    ['pool pump', 'own', { class: 'inductive', currentA: 5, phases: 1 }, 'contactor'],
    ['heat pump', 'own', { class: 'compressor', currentA: 1, phases: 1 }, 'contactor'],
    ['LED lamps with a high inrush', 'own', { class: 'inrush', currentA: 1, phases: 1 }, 'contactor'],
    ['three-phase heater', 'own', { class: 'resistive', currentA: 8, phases: 3 }, 'contactor'],
  ];
  test.each(cases)('%s on the %s board', (_, board, load, way) => {
    expect(wiringOf(board, load)).toBe(way);
  });
});

test('at the hard limit of 60 switchings a day a contact lasts four years, at 20 thirteen', () => {
  expect(lifeYears('own', SWITCH_LIMITS.resistive.maxSwitchesPerDay)).toBeCloseTo(4.6, 1);
  expect(lifeYears('own', 20)).toBeCloseTo(13.7, 1);
});

test('no breaker in front of a contact is stronger than the contact is rated for, beyond the next size', () => {
  for (const { maxBreakerA, maxResistiveA } of Object.values(RATINGS)) {
    expect(maxBreakerA / maxResistiveA).toBeLessThanOrEqual(1.2);
  }
});

describe('at reset, before any firmware runs', () => {
  test('no coil of our board can pull in', () => {
    expect(channelsLiveAtReset(PIN_MAPS.own)).toEqual([]);
  });
  test('every channel of the bought board may click, and channel 1 will', () => {
    expect(channelsLiveAtReset(PIN_MAPS.bought)).toEqual([1, 2, 3, 4]);
    expect(GPIOS[PIN_MAPS.bought.relayGpios[0]].atReset).toBe('driven-high');
  });
});

test('each pin of a board has one use only', () => {
  for (const map of Object.values(PIN_MAPS)) {
    const used = [...map.relayGpios, map.statusLedGpio, map.buttonGpio, map.coilEnableGpio].filter(
      (g) => g !== null,
    );
    expect(new Set(used).size).toBe(used.length);
  }
});
