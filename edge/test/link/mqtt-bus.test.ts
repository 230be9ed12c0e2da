import { afterEach, describe, expect, test } from '@jest/globals';
import type { MeterReading } from '@wattward/broker/wire/meter';
import { type BusNote, MqttBus } from '../../src/link/mqtt-bus.ts';
import { BOARD, homeBroker, METER } from '../devices/home-broker.ts';
import { freePort, rawServer, until } from '../devices/modbus-server.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function broker(port = 0) {
  const home = await homeBroker(port);
  open.push(() => home.close());
  return home;
}

function started(bus: MqttBus): MqttBus {
  open.push(() => bus.end());
  bus.start();
  return bus;
}

const reading = (seq: number): MeterReading => ({ v: 1, seq, signals: { poolHeaterPowerW: 2100 } });

describe('the MQTT bus', () => {
  test('carries checked messages from one identity to another', async () => {
    const home = await broker();
    const edge = home.bus('edge-home-1');
    const heard: unknown[] = [];
    edge.subscribe('meterReading', { meterId: METER }, ({ message, retained }) =>
      heard.push({ message, retained }),
    );
    started(edge);
    const meter = started(home.bus(METER));
    await until('both', () => edge.online && meter.online);
    expect(await meter.publish('meterReading', { meterId: METER }, reading(1))).toBe(true);
    await until('the reading', () => heard.length > 0);
    expect(heard).toEqual([{ message: reading(1), retained: false }]);
  });

  test('a message that is none is noted and not handed on', async () => {
    const home = await broker();
    const notes: BusNote[] = [];
    const edge = home.bus('edge-home-1', { onNote: (note) => notes.push(note) });
    const heard: unknown[] = [];
    edge.subscribe('meterReading', { meterId: METER }, (reading) => heard.push(reading));
    started(edge);
    const meter = started(home.bus(METER));
    await until('both', () => edge.online && meter.online);
    await meter.publish('meterReading', { meterId: METER }, { v: 1, seq: 1, signals: { power: 1 } });
    await until('the note', () => notes.some(({ code }) => code === 'bus-bad-message'));
    expect(heard).toEqual([]);
  });

  test('what cannot be sent now is refused now, and never sent later', async () => {
    const home = await broker();
    const meter = started(home.bus(METER));
    const edge = home.bus('edge-home-1');
    const seqs: number[] = [];
    edge.subscribe('meterReading', { meterId: METER }, ({ message }) => seqs.push(message.seq));
    started(edge);
    await until('both', () => edge.online && meter.online);
    await home.close();
    await until('the loss', () => !meter.online && !edge.online);
    expect(await meter.publish('meterReading', { meterId: METER }, reading(1))).toBe(false);
    await broker(home.port);
    await until('both again', () => edge.online && meter.online);
    await meter.publish('meterReading', { meterId: METER }, reading(2));
    await until('the second', () => seqs.length > 0);
    expect(seqs).toEqual([2]);
  });

  test('a publish that the broker forbids settles as failed instead of hanging', async () => {
    const home = await broker();
    const meter = started(home.bus(METER, { publishTimeoutMs: 500 }));
    await until('the meter', () => meter.online);
    const command = { v: 1, board: BOARD, telemetryS: 15, channels: [] } as const;
    expect(await meter.publish('boardConfig', { boardId: BOARD }, { ...command, channels: [] })).toBe(false);
  });

  test('a wrong secret is told once with its remedy, however often it is tried', async () => {
    const home = await broker();
    const notes: BusNote[] = [];
    let attempts = 0;
    started(
      new MqttBus({
        url: home.url,
        credential: { id: 'home-1', secret: 'wrong' },
        onNote: (note) => notes.push(note),
        backoffMs: { first: 5, longest: 10 },
        random: () => {
          attempts += 1;
          return 0;
        },
      }),
    );
    await until('several attempts', () => attempts >= 3);
    expect(notes).toEqual([
      {
        code: 'bus-refused',
        message: `${home.url} refuses the identity "home-1"`,
        remedy: expect.stringContaining('Renew the secret'),
      },
    ]);
  });

  test('a broker that is not there is told once and found when it comes', async () => {
    const port = await freePort();
    const notes: BusNote[] = [];
    const bus = started(
      new MqttBus({
        url: `mqtt://127.0.0.1:${port}`,
        credential: { id: 'edge-home-1', secret: 'edge-secret-of-22-chars-000' },
        onNote: (note) => notes.push(note),
        backoffMs: { first: 5, longest: 20 },
      }),
    );
    await until('the note', () => notes.length > 0);
    expect(notes[0]).toMatchObject({ code: 'bus-lost', remedy: expect.stringContaining('edge.yaml') });
    await broker(port);
    await until('the bus', () => bus.online);
  });

  test('something that accepts but never answers does not hold it for ever', async () => {
    const mute = await rawServer(() => {});
    open.push(() => mute.close());
    let attempts = 0;
    const bus = started(
      new MqttBus({
        url: `mqtt://127.0.0.1:${mute.port}`,
        credential: { id: 'x', secret: 'x' },
        connectTimeoutMs: 50,
        backoffMs: { first: 5, longest: 10 },
        random: () => {
          attempts += 1;
          return 0;
        },
      }),
    );
    await until('a second attempt', () => attempts >= 2);
    expect(bus.online).toBe(false);
  });

  test('it says goodbye in order, so that its will is not spoken', async () => {
    const home = await broker();
    const portal = home.bus('portal');
    const said: string[] = [];
    portal.subscribe('siteAvailability', {}, ({ message }) => said.push(message));
    started(portal);
    const site = home.bus('home-1', {
      will: { name: 'siteAvailability', ids: { siteId: 'home-1' }, message: 'offline' },
    });
    site.start();
    await until('both', () => portal.online && site.online);
    const ids = { siteId: 'home-1' };
    await site.publish('siteAvailability', ids, 'online');
    await site.end(() => site.publish('siteAvailability', ids, 'offline'));
    await until('the goodbye', () => said.length >= 2);
    expect(said).toEqual(['online', 'offline']);
  });
});
