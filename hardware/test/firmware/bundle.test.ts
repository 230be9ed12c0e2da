/** The firmware as it is built, with its wiring, run on stubs of the SDK alone. */
import { describe, expect, test } from '@jest/globals';
import { PIN_MAPS } from '../../board/pin-map.ts';
import { BuiltFirmware, RecordingClient } from './built-firmware.ts';

async function started(preferences: Record<string, unknown> = {}): Promise<BuiltFirmware<RecordingClient>> {
  const board = new BuiltFirmware((options) => new RecordingClient(options));
  for (const [name, value] of Object.entries(preferences)) board.preferences.set(name, value);
  await board.run();
  return board;
}

const CONFIGURED = {
  ssid: 'home',
  pass1: '12345678',
  host: '192.168.1.20',
  port: 1883,
  secret1: 'secret-of-this-board-1',
};

const ID = 'esp12f-a4cf12b3c4d5';
const topic = (name: string) => `wattward/v1/board/${ID}/${name}`;

async function linked(): Promise<{ board: BuiltFirmware<RecordingClient>; client: RecordingClient }> {
  const board = await started(CONFIGURED);
  board.hasAddress();
  const [client] = board.clients;
  if (!client) throw new Error('no connection');
  client.options.onWritable(2000);
  client.options.onControl({ operation: 2, returnCode: 0 });
  return { board, client };
}

describe('the built firmware', () => {
  test('takes the coils` supply away before it does anything else, and gives it back last', async () => {
    const { pinWrites, order } = await started();
    expect(pinWrites[0]).toEqual([PIN_MAPS.own.coilEnableGpio, 0]);
    expect(pinWrites.slice(1, 5)).toEqual(PIN_MAPS.own.relayGpios.map((gpio) => [gpio, 0]));
    expect(pinWrites.filter(([gpio]) => gpio === PIN_MAPS.own.coilEnableGpio).at(-1)?.[1]).toBe(1);
    expect(order.slice(0, 5)).toEqual(['pin', 'pin', 'pin', 'pin', 'pin']);
  });

  test('knows its address although the SDK starts with the radio off', async () => {
    const { board, client } = await linked();
    expect(client.options.id).toBe(ID);
    expect(board.joined).toEqual([{ ssid: 'home', password: '12345678' }]);
  });

  test('opens a network of its own when it does not know the box, with the code on the label as password', async () => {
    const { accessPoints, preferences } = await started();
    const claim = String(preferences.get('claim'));
    expect(accessPoints).toEqual([{ ssid: 'relay-b3c4d5', password: claim.slice(0, 8) }]);
  });

  test('tells board and claim code on the serial line, where `trace` says nothing', async () => {
    const { serialLines, preferences } = await started();
    expect(serialLines).toEqual([`board ${ID}, claim code ${String(preferences.get('claim'))}\r\n`]);
  });

  test('connects once it has an address, and says hello, availability and state', async () => {
    const { board, client } = await linked();
    expect(client.options).toMatchObject({ id: ID, clean: true, will: { retain: true } });
    const sent = client.written.map((w) => w.options.topic || 'subscribe');
    expect(sent).toEqual(['subscribe', ...['hello', 'availability', 'state'].map(topic)]);
    board.pass(16);
    const state = JSON.parse(client.written.at(-1)?.data ?? '');
    expect(state).toMatchObject({ board: ID, heap: 21_000, rssi: -60 });
  });

  test('bytes that are no text do nothing, and what comes after them is heard', async () => {
    const { board, client } = await linked();
    const part = (bytes: Uint8Array) => {
      client.read = () => new Uint8Array(bytes).buffer;
      client.options.onReadable(bytes.length, {
        topic: topic('command'),
        byteLength: bytes.length,
        more: false,
      });
    };
    part(new Uint8Array([0xff, 0xfe, 0x80]));
    part(new TextEncoder().encode(JSON.stringify(command(client))));
    board.pass(1);
    const acks = client.written.filter((w) => w.options.topic === topic('ack'));
    expect(acks.map((a) => JSON.parse(a.data).seq)).toEqual([1]);
  });

  test('restarts by the SDK when its link is lost for a quarter of an hour', async () => {
    const board = await started(CONFIGURED);
    board.pass(900);
    expect(board.restarts).toBe(1);
  });
});

function command(client: RecordingClient): object {
  const state = client.written.findLast((w) => w.options.topic === topic('state'));
  const { boot } = JSON.parse(state?.data ?? '{}');
  const base = { v: 1, board: ID, boot, seq: 1, channel: 1, on: false, leaseS: 0 };
  return { ...base, expUptimeMs: 1e9, reason: 'test' };
}
