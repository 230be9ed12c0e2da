/**
 * How meters of other makes tell powers over MQTT, as data: for each format the messages of one reading. Signs are
 * those of the house's loads, + when they draw; `null` is what the maker says when it has no value.
 *
 * Formats with phases take the first three signals as L1, L2 and L3; single ones take the first. Payload facts:
 * Tasmota `Smart-Meter-Interface.md`, Shelly Gen2+ component documentation (Switch, EM), DSMR-reader's MQTT topics,
 * zigbee2mqtt `mqtt_topics_and_messages.md`, Victron `dbus-flashmq`.
 */
import { encodeMessage } from '@wattward/broker/wire/message';
import { topic } from '@wattward/broker/wire/topics';

export interface MeterMoment {
  /** Identity on the broker; the topic it is set up with. */
  readonly id: string;
  readonly seq: number;
  readonly atMs: number;
  readonly signals: Readonly<Record<string, number | null>>;
}

export interface MeterMessage {
  readonly topic: string;
  readonly payload: string;
  readonly retain?: boolean;
}

export interface FormatSpec {
  readonly about: string;
  readonly messages: (moment: MeterMoment) => readonly MeterMessage[];
}

const formats = {
  wattward: {
    about: 'our own: all signals by name in one message',
    messages: ({ id, seq, signals }) => [
      {
        topic: topic('meterReading', { meterId: id }),
        payload: encodeMessage('meterReading', { v: 1, seq, signals: { ...signals } }),
      },
    ],
  },
  'tasmota-sml': {
    about: 'Tasmota reading a meter by SML: tele/ID/SENSOR, group SML, + import',
    messages: ({ id, atMs, signals }) => {
      const [l1, l2, l3] = phases(signals);
      const sml = { Power_curr: sum([l1, l2, l3]), power_l1: l1, power_l2: l2, power_l3: l3 };
      return [json(`tele/${id}/SENSOR`, { Time: localless(atMs), SML: known(sml) })];
    },
  },
  'shelly-pm': {
    about: 'Shelly Gen2+ switch with meter: ID/status/switch:N for each signal',
    messages: ({ id, signals }) =>
      Object.values(signals).map((powerW, n) =>
        json(
          `${id}/status/switch:${n}`,
          { id: n, output: (powerW ?? 0) > 1, apower: powerW, voltage: 230 },
          true,
        ),
      ),
  },
  'shelly-em': {
    about: 'Shelly Pro 3EM: ID/status/em:0 with three phases',
    messages: ({ id, signals }) => {
      const [l1, l2, l3] = phases(signals);
      const phase = (letter: string, powerW: number | null) => ({
        [`${letter}_act_power`]: powerW,
        [`${letter}_voltage`]: 230,
        [`${letter}_current`]: powerW === null ? null : Math.abs(powerW) / 230,
      });
      return [
        json(
          `${id}/status/em:0`,
          {
            id: 0,
            ...phase('a', l1),
            ...phase('b', l2),
            ...phase('c', l3),
            total_act_power: sum([l1, l2, l3]),
          },
          true,
        ),
      ];
    },
  },
  'dsmr-reader': {
    about: 'DSMR-reader at a P1 port: plain kilowatts on a topic each, delivered and returned apart',
    messages: ({ signals }) => {
      const each = phases(signals);
      const total = sum(each);
      const readings: [string, number | null][] = [
        ['electricity_currently_delivered', split(total, 1)],
        ['electricity_currently_returned', split(total, -1)],
        ...each.flatMap((powerW, n): [string, number | null][] => [
          [`phase_currently_delivered_l${n + 1}`, split(powerW, 1)],
          [`phase_currently_returned_l${n + 1}`, split(powerW, -1)],
        ]),
      ];
      return readings.flatMap(([name, powerKw]) =>
        powerKw === null ? [] : [{ topic: `dsmr/reading/${name}`, payload: powerKw.toFixed(3) }],
      );
    },
  },
  zigbee2mqtt: {
    about: 'zigbee2mqtt plug: zigbee2mqtt/ID with its power',
    messages: ({ id, signals }) => {
      const power = Object.values(signals)[0] ?? null;
      return [json(`zigbee2mqtt/${id}`, { state: 'ON', power, voltage: 230, linkquality: 120 })];
    },
  },
  victron: {
    about: 'Venus OS: N/ID/grid/0/Ac/L1/Power and so on, null when invalid',
    messages: ({ id, signals }) => {
      const each = phases(signals);
      return [
        ...each.map((value, n) => json(`N/${id}/grid/0/Ac/L${n + 1}/Power`, { value })),
        json(`N/${id}/grid/0/Ac/Power`, { value: sum(each) }),
      ];
    },
  },
  json: {
    about: 'any topic with a JSON path: meters/ID {"power":{"SIGNAL":W}}',
    messages: ({ id, signals }) => [json(`meters/${id}`, { power: signals })],
  },
} as const satisfies Record<string, FormatSpec>;

export type MeterFormat = keyof typeof formats;
export const FORMATS: Readonly<Record<MeterFormat, FormatSpec>> = formats;

type Power = number | null;

function phases(signals: Readonly<Record<string, Power>>): [Power, Power, Power] {
  const [l1 = 0, l2 = 0, l3 = 0] = Object.values(signals);
  return [l1, l2, l3];
}

function sum(powers: readonly Power[]): Power {
  let total = 0;
  for (const power of powers) {
    if (power === null) return null;
    total += power;
  }
  return total;
}

/** Kilowatts in one direction only. */
function split(powerW: Power, sign: 1 | -1): Power {
  return powerW === null ? null : Math.max(0, powerW * sign) / 1000;
}

function known(values: Readonly<Record<string, Power>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== null),
  );
}

function json(topicName: string, value: unknown, retain = false): MeterMessage {
  return { topic: topicName, payload: JSON.stringify(value), retain };
}

/** ISO time without a zone, as Tasmota writes it. */
function localless(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 19);
}
