import { expect, test } from '@jest/globals';
import type { Connection, ConnectOptions } from '../../firmware/ports.ts';
import { PIECE_BYTES, type SdkOptions, type SdkWrite, sdkMqtt } from '../../firmware/sdk-mqtt.ts';
import { RecordingClient } from './built-firmware.ts';

const OPTIONS: ConnectOptions = {
  host: 'box',
  port: 1883,
  id: 'b',
  user: 'b',
  password: 's',
  keepAliveMs: 20_000,
  will: { topic: 't', message: 'offline', qos: 1, retain: true },
  onAccepted() {},
  onPart() {},
  onWritable() {},
  onClosed() {},
};

type Answer = (name: string, address?: string) => void;

function connected(changes: Partial<ConnectOptions> = {}): {
  connection: Connection;
  client: RecordingClient;
  answers: Answer[];
} {
  const answers: Answer[] = [];
  const made: RecordingClient[] = [];
  const port = sdkMqtt(
    (options: SdkOptions) => {
      const client = new RecordingClient(options);
      made.push(client);
      return client;
    },
    (_, onAddress) => void answers.push(onAddress),
  );
  const connection = port.connect({ ...OPTIONS, ...changes });
  const [client] = made;
  if (!client) throw new Error('no client');
  return { connection, client, answers };
}

test('the last will is text: of bytes the SDK`s client sends their numbers', () => {
  expect(connected().client.options.will).toEqual({ topic: 't', message: 'offline', QoS: 1, retain: true });
});

test('packet ids are 1 to 65,535 and start again, for the client alone would come to 0', () => {
  const { connection, client } = connected();
  const ids: number[] = [];
  client.write = (_: unknown, options: SdkWrite) => {
    ids.push(options.id ?? 0);
    return 1000;
  };
  connection.subscribe(['t']);
  for (let i = 0; i < 65_536; i += 1) connection.publish('t', new Uint8Array(1), { qos: 1, retain: false });
  expect([Math.min(...new Set(ids)), Math.max(...new Set(ids))]).toEqual([1, 65_535]);
  expect(ids.slice(-3)).toEqual([65_535, 1, 2]);
});

test('a message for which the client has no room after all is not sent, and nothing fails', () => {
  const { connection, client } = connected();
  client.write = () => {
    throw new Error('overflow');
  };
  expect(connection.publish('t', new Uint8Array(1), { qos: 1, retain: false })).toBeUndefined();
});

test('an address that is found after the connection was closed is not told to the closed client', () => {
  const { connection, client, answers } = connected();
  const told: string[] = [];
  const { io: Resolver } = client.options.dns;
  const resolver = new Resolver(client.options.dns);
  const ask = () =>
    resolver.resolve({
      host: 'box',
      onResolved: (_, address) => void told.push(address),
      onError: () => void told.push('unknown'),
    });
  for (let i = 0; i < 4; i += 1) ask();
  answers[0]?.('box', '192.168.1.20');
  answers[1]?.('box');
  connection.close();
  answers[2]?.('box', '192.168.1.20');
  answers[3]?.('box');
  expect(told).toEqual(['192.168.1.20', 'unknown']);
});

test('a message that comes all at once is read in small pieces, to the last byte', () => {
  const parts: { readonly length: number; readonly topic: string | undefined }[] = [];
  const { client } = connected({
    onPart: (part, head) => void parts.push({ length: part.byteLength, topic: head.topic }),
  });
  client.read = (count) => new ArrayBuffer(count);
  client.options.onReadable(1100, { topic: 't', byteLength: 1100, more: false });
  expect(parts).toEqual([
    { length: PIECE_BYTES, topic: 't' },
    { length: PIECE_BYTES, topic: undefined },
    { length: 1100 - 2 * PIECE_BYTES, topic: undefined },
  ]);
});
