/**
 * The SDK's MQTT client, played over a real socket by another MQTT library. As the SDK's (8.2.3) it takes a will that
 * is text or an ArrayBuffer and sends `String()` of anything else, hands out a message in pieces that must be read,
 * and goes on with its socket after each call: whoever closes it within one makes it fail.
 */
import mqtt from 'mqtt';
import type { SdkClient, SdkOptions, SdkWrite } from '../../firmware/sdk-mqtt.ts';

const ROOM_BYTES = 4000;

export class BrokerClient implements SdkClient {
  readonly client: mqtt.MqttClient;
  readonly faults: string[] = [];
  readonly #options: SdkOptions;
  #unread: Buffer = Buffer.alloc(0);
  #inCall = false;

  constructor(url: string, options: SdkOptions) {
    this.#options = options;
    const { id, user, password, will } = options;
    this.client = mqtt.connect(url, {
      clientId: id,
      username: user,
      password,
      protocolVersion: 4,
      clean: options.clean,
      keepalive: Math.ceil(options.keepAlive / 1000),
      reconnectPeriod: 0,
      ...(will
        ? {
            will: {
              topic: will.topic,
              payload: asSdk(will.message),
              qos: will.QoS as 1,
              retain: will.retain,
            },
          }
        : {}),
    });
    this.client.on('connect', () => {
      this.#options.onControl({ operation: 2, returnCode: 0 });
      this.#options.onWritable(ROOM_BYTES);
    });
    this.client.on('message', (topic, payload) => this.#received(topic, payload));
    this.client.on('error', () => {});
    this.client.on('close', () => this.#options.onError());
  }

  read(count: number): ArrayBuffer {
    const bytes = new Uint8Array(this.#unread.subarray(0, count));
    this.#unread = this.#unread.subarray(count);
    return bytes.buffer;
  }

  write(data: ArrayBuffer | Uint8Array, { topic, QoS, retain, items }: SdkWrite): number {
    const qos = (QoS ?? 0) as 0 | 1;
    if (items)
      this.client.subscribe(
        items.map((item) => item.topic),
        { qos: 1 },
      );
    else this.client.publish(topic, Buffer.from(new Uint8Array(data)), { qos, retain: retain ?? false });
    return ROOM_BYTES;
  }

  close(): void {
    if (this.#inCall) this.faults.push('closed within its own call');
    this.client.end(true);
  }

  /** In two pieces, as a small socket gives them. */
  #received(topic: string, payload: Buffer): void {
    const cut = payload.length >> 1;
    this.#piece(payload.subarray(0, cut), { topic, byteLength: payload.length, more: true });
    this.#piece(payload.subarray(cut), { more: false });
  }

  #piece(bytes: Buffer, head: { topic?: string; byteLength?: number; more: boolean }): void {
    this.#unread = bytes;
    this.#inCall = true;
    this.#options.onReadable(bytes.length, head);
    this.#inCall = false;
    if (this.#unread.length > 0) this.faults.push('left unread');
  }
}

function asSdk(message: unknown): Buffer {
  return message instanceof ArrayBuffer ? Buffer.from(message) : Buffer.from(String(message));
}
