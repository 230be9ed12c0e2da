import { afterEach, describe, expect, test } from '@jest/globals';
import { ModbusBus, type ModbusBusOptions } from '../../src/devices/modbus-bus.ts';
import { freePort, ModbusServer, rawServer } from './modbus-server.ts';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const thing of open.splice(0).reverse()) await thing.close();
});

const QUICK = { timeoutMs: 100, backoffMs: { first: 20, longest: 80 }, random: () => 1 };

function busTo(port: number, options: ModbusBusOptions = QUICK): ModbusBus {
  const bus = new ModbusBus({ kind: 'tcp', host: '127.0.0.1', port }, options);
  open.push(bus);
  return bus;
}

async function server(registers: Map<number, number> = new Map()): Promise<ModbusServer> {
  const opened = await ModbusServer.open(registers);
  open.push(opened);
  return opened;
}

const read = (bus: ModbusBus, address = 0, count = 1) =>
  bus.read({ unit: 1, space: 'holding', address, count });

/** Asks until it is answered again; reconnecting needs its back-off. */
async function untilAnswered(bus: ModbusBus): Promise<number[]> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await read(bus);
    } catch (failure) {
      if (attempt > 200) throw failure;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

describe('a Modbus connection', () => {
  test('reads and writes registers', async () => {
    const device = await server(new Map([[10, 7]]));
    const bus = busTo(device.port);
    expect(await read(bus, 10, 2)).toEqual([7, 0]);
    await bus.write({ unit: 1, address: 20, words: [1, 2] });
    await bus.write({ unit: 1, address: 22, words: [3] });
    expect(await read(bus, 20, 3)).toEqual([1, 2, 3]);
  });

  test('never crosses the answers of callers that ask at the same time', async () => {
    const device = await server(new Map(Array.from({ length: 30 }, (_, i) => [i, i * 100])));
    const bus = busTo(device.port, { ...QUICK, timeoutMs: 10_000 });
    const answers = await Promise.all(Array.from({ length: 30 }, (_, i) => read(bus, i)));
    expect(answers).toEqual(Array.from({ length: 30 }, (_, i) => [i * 100]));
  });

  test('more than 32 waiting questions are refused instead of piling up', async () => {
    const device = await server();
    device.silent = true;
    const bus = busTo(device.port);
    const asked = await Promise.allSettled(Array.from({ length: 40 }, () => read(bus)));
    const codes = asked.map((one) =>
      one.status === 'rejected' ? Reflect.get(one.reason, 'code') : 'answered',
    );
    expect(codes.filter((code) => code === 'overload')).toHaveLength(8);
  });

  test('a silent device fails within its own time-out, and is reconnected after two', async () => {
    const device = await server(new Map([[0, 5]]));
    const bus = busTo(device.port);
    await read(bus);
    device.silent = true;
    const beganMs = performance.now();
    await expect(read(bus)).rejects.toMatchObject({ code: 'timeout' });
    expect(performance.now() - beganMs).toBeLessThan(300);
    await expect(read(bus)).rejects.toMatchObject({ code: 'timeout' });
    await expect(read(bus)).rejects.toMatchObject({ code: 'offline' });
    device.silent = false;
    expect(await untilAnswered(bus)).toEqual([5]);
  });

  test('an exception is an answer: the connection stays', async () => {
    const device = await server();
    const bus = busTo(device.port);
    device.broken = true;
    for (let i = 0; i < 4; i += 1) await expect(read(bus)).rejects.toMatchObject({ code: 'exception' });
    device.broken = false;
    expect(await read(bus)).toEqual([0]);
  });

  test('nobody at the address is told at once and retried with growing pauses', async () => {
    const bus = busTo(await freePort());
    await expect(read(bus)).rejects.toMatchObject({ code: 'refused' });
    await expect(read(bus)).rejects.toMatchObject({ code: 'offline' });
  });

  test('a device that comes up later is found', async () => {
    const port = await freePort();
    const bus = busTo(port);
    await expect(read(bus)).rejects.toMatchObject({ code: 'refused' });
    open.push(await ModbusServer.open(new Map([[0, 9]]), port));
    expect(await untilAnswered(bus)).toEqual([9]);
  });

  test('a connection that the device closes fails the question at once, not at the time-out', async () => {
    const hangsUp = await rawServer((socket) => socket.on('data', () => socket.destroy()));
    open.push(hangsUp);
    const bus = busTo(hangsUp.port, { ...QUICK, timeoutMs: 3_000 });
    const beganMs = performance.now();
    await expect(read(bus)).rejects.toMatchObject({ code: 'offline' });
    expect(performance.now() - beganMs).toBeLessThan(1_000);
  });

  test.each([
    ['noise', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['zeros', Buffer.alloc(64)],
    ['an endless length', Buffer.from([0, 1, 0, 0, 0xff, 0xff, 1, 3, 2, 0, 1])],
    ['the answer to another function', Buffer.from([0, 1, 0, 0, 0, 5, 1, 4, 2, 0, 1])],
    ['an answer that is too short', Buffer.from([0, 1, 0, 0, 0, 3, 1, 3, 0])],
  ])('%s is never taken for a value', async (_, bytes) => {
    const liar = await rawServer((socket) => socket.on('data', () => socket.write(bytes)));
    open.push(liar);
    const bus = busTo(liar.port);
    for (let i = 0; i < 4; i += 1) await expect(read(bus)).rejects.toHaveProperty('name', 'DeviceFailure');
  });

  test('after garbage the stream is given up, and the next connection is clean', async () => {
    let connections = 0;
    const moody = await rawServer((socket) => {
      const first = connections === 0;
      connections += 1;
      socket.on('data', (request) => {
        if (first) socket.write(Buffer.from([0, 1, 0, 0, 0, 5, 1, 4, 2, 0, 1]));
        else socket.write(Buffer.from([request[0] ?? 0, request[1] ?? 0, 0, 0, 0, 5, 1, 3, 2, 0, 42]));
      });
    });
    open.push(moody);
    const bus = busTo(moody.port);
    await expect(read(bus)).rejects.toHaveProperty('name', 'DeviceFailure');
    expect(await untilAnswered(bus)).toEqual([42]);
    expect(connections).toBeGreaterThan(1);
  });

  test('while it waits to try again it says what went wrong, and what to do about it', async () => {
    const bus = busTo(await freePort(), { ...QUICK, backoffMs: { first: 60_000, longest: 60_000 } });
    const expected = {
      message: expect.stringContaining('ECONNREFUSED'),
      remedy: expect.stringContaining('port'),
    };
    await expect(read(bus)).rejects.toMatchObject({ code: 'refused', ...expected });
    await expect(read(bus)).rejects.toMatchObject({ code: 'offline', ...expected });
  });

  test('a closed bus refuses politely', async () => {
    const device = await server();
    const bus = busTo(device.port);
    await read(bus);
    await bus.close();
    await expect(read(bus)).rejects.toMatchObject({ code: 'offline' });
  });
});
