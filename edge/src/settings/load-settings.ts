/** Switched loads as the installer enters them. */
import { LOAD_KINDS } from '@wattward/broker/wire/site';
import * as z from 'zod';
import { id, name, optional, required, timeOfDay, tunable } from './field.ts';

const careNumber = (unit: string, max: number, about: string) => optional({ unit, min: 0, max, about });

const target = z
  .strictObject({
    runMin: optional({ unit: 'min', min: 1, max: 1440, about: 'run time to be served each day' }),
    energyWh: optional({ unit: 'Wh', min: 1, max: 200_000, about: 'energy to be served each day' }),
    deadline: timeOfDay,
    beyond: z.boolean().default(true).meta({ description: 'may take surplus when the target is served' }),
  })
  .meta({ description: 'what must be served until the deadline each day, by surplus or else from the grid' });

export const loadSettings = z.strictObject({
  id,
  name,
  board: id.meta({ description: 'id of the relay board it hangs on' }),
  channel: required({ unit: 'count', min: 1, max: 16, about: 'relay on the board, counted from 1' }),
  kind: z
    .enum(LOAD_KINDS)
    .default('interruptible')
    .meta({ description: 'decides minimum times and what may interrupt it' }),
  nominalPowerW: required({ unit: 'W', min: 1, max: 100_000, about: 'power on its nameplate' }),
  phase: z
    .enum(['L1', 'L2', 'L3', 'all'])
    .default('L1')
    .meta({ description: 'phase it hangs on; `all` for three-phase loads' }),
  priority: required({
    unit: 'count',
    min: 1,
    max: 99,
    about: '1 is the most important; highest is shed first',
  }),
  essential: z
    .boolean()
    .default(false)
    .meta({ description: 'stays on in an outage and in Peak Mode; shed last, and only to save the fuse' }),
  use: z
    .enum(['always', 'surplus', 'manual'])
    .default('surplus')
    .meta({ description: 'always: on unless a rule takes it off; surplus: by surplus and deadline; manual' }),
  contact: z
    .enum(['no', 'nc'])
    .default('no')
    .meta({ description: 'wired to the relay`s open or closed contact' }),
  safeState: z.enum(['off', 'on']).default('off').meta({ description: 'state without a lease' }),
  power: z
    .strictObject({
      meter: id,
      signal: z
        .string()
        .regex(/^[a-z][A-Za-z0-9]*W$/)
        .meta({ description: 'name of the reading in that meter' }),
    })
    .nullable()
    .default(null)
    .meta({ description: 'where its own power is measured' }),
  minOnS: careNumber('s', 7200, 'shortest time on; spares the appliance (default by kind)'),
  minOffS: careNumber('s', 7200, 'shortest time off; spares the appliance (default by kind)'),
  maxSwitchesPerHour: careNumber('count', 1000, 'switching budget of the relay (default by kind)'),
  maxSwitchesPerDay: careNumber('count', 10_000, 'switching budget of the relay (default by kind)'),
  leaseS: tunable(90, {
    unit: 's',
    min: 5,
    max: 120,
    about: 'without renewal the board goes to the safe state after it',
  }),
  interlock: tunable(0, {
    unit: 'count',
    min: 0,
    max: 16,
    about: 'loads of one group are never on together; 0 is none',
  }),
  target: target.nullable().default(null),
  quietHours: z
    .strictObject({ from: timeOfDay, to: timeOfDay })
    .nullable()
    .default(null)
    .meta({ description: 'not started by the box in this span' }),
  current: z
    .strictObject({
      minA: tunable(6, {
        unit: 'A',
        min: 6,
        max: 32,
        about: 'least current the charger takes [IEC 61851-1]',
      }),
      maxA: tunable(16, { unit: 'A', min: 6, max: 32, about: 'largest current of charger and line' }),
      phases: z
        .union([z.literal(1), z.literal(3)])
        .default(1)
        .meta({ description: 'phases the charger uses' }),
    })
    .nullable()
    .default(null)
    .meta({ description: 'charger with current control; without it only its enable contact is switched' }),
  idlePowerW: tunable(10, {
    unit: 'W',
    min: 0,
    max: 500,
    about: 'below it for ten minutes a started program counts as finished',
  }),
});
export type SiteLoad = z.infer<typeof loadSettings>;
