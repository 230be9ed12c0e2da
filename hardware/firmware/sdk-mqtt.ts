/** Our MQTT port over the SDK's client, whose class is handed in so that this file needs no SDK to be tested. */
import type { Connection, ConnectOptions, MqttPort, TextPort } from './ports.ts';

/** What is used of `embedded:network/mqtt/client`. */
export interface SdkClient {
  read(count: number): ArrayBuffer;
  write(data: ArrayBuffer | Uint8Array, options: SdkWrite): number;
  close(): void;
}

export interface SdkWrite {
  operation?: number;
  topic: string;
  QoS?: number;
  retain?: boolean;
  items?: { topic: string; QoS: number }[];
}

export interface SdkOptions {
  host: string;
  port: number;
  id: string;
  user: string;
  password: string;
  clean: boolean;
  /** Both spellings: the standard's and the older client's. */
  keepAlive: number;
  keepalive: number;
  will?: { topic: string; message: string | Uint8Array; QoS: number; retain: boolean };
  onReadable(count: number, options: { topic?: string; byteLength?: number; more: boolean }): void;
  onWritable(count: number): void;
  onControl(opcode: number | SdkControl, message?: SdkControl): void;
  onClose(): void;
  onError(): void;
}

interface SdkControl {
  operation?: number;
  returnCode?: number;
}

const CONNACK = 2;
const SUBSCRIBE = 8;

export function sdkMqtt(create: (options: SdkOptions) => SdkClient, text: TextPort): MqttPort {
  return {
    connect(options) {
      let client: SdkClient | undefined;
      let closed = false;
      const closedOnce = () => {
        if (closed) return;
        closed = true;
        options.onClosed();
      };
      client = create({
        ...basics(options, text),
        onReadable(count, head) {
          // Read even when nobody wants it: unread bytes stop the client.
          const part = client?.read(count);
          if (part && !closed) options.onPart(new Uint8Array(part), head);
        },
        onWritable: (count) => options.onWritable(count),
        onControl(opcode, message) {
          const control = typeof opcode === 'number' ? { ...message, operation: opcode } : opcode;
          if (control.operation === CONNACK) options.onAccepted(control.returnCode ?? 0);
        },
        onClose: closedOnce,
        onError: closedOnce,
      });
      return connectionOf(client, () => {
        closed = true;
      });
    },
  };
}

function basics(options: ConnectOptions, text: TextPort) {
  const { host, port, id, user, password, keepAliveMs, will } = options;
  return {
    host,
    port,
    id,
    user,
    password,
    // The box sends what counts anew; commands of a former session must not arrive.
    clean: true,
    keepAlive: keepAliveMs,
    keepalive: keepAliveMs,
    ...(will
      ? {
          will: { topic: will.topic, message: text.encode(will.message), QoS: will.qos, retain: will.retain },
        }
      : {}),
  };
}

function connectionOf(client: SdkClient, onClose: () => void): Connection {
  return {
    subscribe(topics) {
      const items = topics.map((topic) => ({ topic, QoS: 1 }));
      client.write(new ArrayBuffer(0), { operation: SUBSCRIBE, topic: '', items });
    },
    publish: (topic, payload, { qos, retain }) => client.write(payload, { topic, QoS: qos, retain }),
    close() {
      onClose();
      client.close();
    },
  };
}
