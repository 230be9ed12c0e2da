/** Devices of a home as the installer enters them: how each is reached, and what it measures. */
import * as z from 'zod';
import { PROTOCOLS } from '../catalogue/boards.ts';
import { idsOf } from '../catalogue/family.ts';
import { INVERTERS } from '../catalogue/inverters.ts';
import { METERS } from '../catalogue/meters.ts';
import { id, name, tunable } from './field.ts';

const port = (preset: number) => tunable(preset, { unit: 'count', min: 1, max: 65_535, about: 'TCP port' });
const unit = tunable(1, { unit: 'count', min: 0, max: 255, about: 'Modbus unit id' });
const timeoutMs = tunable(800, {
  unit: 'ms',
  min: 50,
  max: 10_000,
  about: 'wait for an answer; a device that is late never delays the cycle',
});
const host = z.string().min(1).max(253).meta({ description: 'host name or address in the home network' });

export const modbusTcp = z.strictObject({
  kind: z.literal('modbus-tcp').meta({ description: 'how it is reached' }),
  host,
  port: port(502),
  unit,
  timeoutMs,
});

export const modbusRtu = z.strictObject({
  kind: z.literal('modbus-rtu').meta({ description: 'how it is reached' }),
  path: z.string().min(1).meta({ description: 'serial port, e.g. /dev/ttyUSB0' }),
  baud: tunable(9600, { unit: 'baud', min: 1200, max: 115_200, about: 'speed of the serial line' }),
  parity: z.enum(['none', 'even', 'odd']).default('none').meta({ description: 'parity of the serial line' }),
  unit,
  timeoutMs,
});

export const mqtt = z.strictObject({
  kind: z.literal('mqtt').meta({ description: 'how it is reached' }),
  meterId: id,
});

const pollMs = tunable(1000, { unit: 'ms', min: 100, max: 60_000, about: 'time between two polls' });
const profile = (about: string) => z.string().min(1).max(40).meta({ description: about });

export const meterSettings = z.strictObject({
  id,
  name,
  role: z.enum(['grid', 'pv', 'sub']).meta({ description: 'what it measures; exactly one meter is `grid`' }),
  profile: profile(`make of the meter: ${idsOf(METERS)}; mqtt for MQTT meters`),
  connection: z.discriminatedUnion('kind', [modbusTcp, modbusRtu, mqtt]),
  pollMs,
});

export const inverterSettings = z.strictObject({
  id,
  name,
  profile: profile(`make of the inverter: ${idsOf(INVERTERS)}`),
  connection: z.discriminatedUnion('kind', [modbusTcp, modbusRtu]),
  pollMs,
  pv: z.boolean().default(true).meta({ description: 'an array hangs on it' }),
  gridState: z.boolean().default(true).meta({ description: 'it tells whether the grid is there' }),
  exportLimit: z.boolean().default(false).meta({ description: 'it takes an export limit from the box' }),
});

export const boardSettings = z.strictObject({
  id,
  name,
  protocol: z
    .enum(PROTOCOLS)
    .default('wattward')
    .meta({ description: 'firmware of the board; see hardware/off-the-shelf for bought ones' }),
  device: id.optional().meta({
    description: 'its identity on the broker, when a board took the place of another and `id` stayed',
  }),
  mac: z
    .string()
    .regex(/^[0-9a-f]{12}$/, 'write 12 hex digits')
    .optional()
    .meta({ description: 'hardware accepted at commissioning; another one under the same id gets no order' }),
  channels: tunable(4, { unit: 'count', min: 1, max: 16, about: 'relays on the board' }),
});

export const deviceSettings = z.strictObject({
  meters: z.array(meterSettings).max(16).default([]),
  inverters: z.array(inverterSettings).max(8).default([]),
  boards: z.array(boardSettings).max(16).default([]),
});
