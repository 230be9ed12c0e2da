/** Real MQTT clients against a real broker: what they were told, and waiting for things instead of sleeping. */
import { once } from 'node:events';
import { connect as connectTcp } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { createWebSocketStream, WebSocket } from 'ws';
import type { Login } from '../../bench/packets.ts';
import type { ListenerKind } from '../../src/server/session.ts';

export interface Received {
  readonly topic: string;
  readonly text: string;
  readonly retain: boolean;
  readonly qos: number;
  readonly dup: boolean;
}

/** A connected client that keeps all it receives. Its first connection fails the promise when it is refused. */
export class TestClient {
  readonly mqtt: MqttClient;
  readonly received: Received[] = [];
  #waiting: (() => void)[] = [];

  private constructor(client: MqttClient) {
    this.mqtt = client;
    client.on('message', (topic, payload, { retain, qos, dup }) => {
      this.received.push({ topic, text: payload.toString(), retain, qos, dup });
      for (const wake of this.#waiting.splice(0)) wake();
    });
    client.on('error', () => {});
    client.setMaxListeners(0);
  }

  static async open(url: string, login: Login, options: IClientOptions = {}): Promise<TestClient> {
    const client = mqtt.connect(url, {
      protocolVersion: 4,
      reconnectPeriod: 0,
      connectTimeout: 5_000,
      queueQoSZero: false,
      clientId: login.id,
      username: login.id,
      password: login.secret,
      ...options,
    });
    // Listens before the connection is there: what was kept for it may come with the very first packet.
    const opened = new TestClient(client);
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
      client.once('close', () => reject(new Error('closed before it was connected')));
    }).catch(async (error: unknown) => {
      await client.endAsync(true);
      throw error;
    });
    return opened;
  }

  /** The QoS granted, 128 when refused. */
  async subscribe(filter: string, qos: 0 | 1 | 2 = 1): Promise<number> {
    return await new Promise<number>((resolve, reject) => {
      this.mqtt.subscribe(filter, { qos }, (error, _grants, packet) => {
        const granted = packet?.granted[0];
        const code = typeof granted === 'number' ? granted : 128;
        if (error && packet === undefined) reject(error);
        else resolve(code);
      });
    });
  }

  /** Resolves once the broker has acknowledged; 'closed' when it ended the connection instead. */
  async publish(
    topic: string,
    text: string,
    retain = false,
    qos: 1 | 2 = 1,
  ): Promise<'acknowledged' | 'closed'> {
    return await Promise.race([
      this.mqtt.publishAsync(topic, text, { qos, retain }).then(() => 'acknowledged' as const),
      this.#nextClose().then(() => 'closed' as const),
    ]);
  }

  async waitFor(wanted: (message: Received) => boolean): Promise<Received> {
    for (;;) {
      const found = this.received.find(wanted);
      if (found) return found;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
      });
    }
  }

  /** Ends when the broker has closed the connection. */
  async closed(): Promise<void> {
    if (this.mqtt.connected) await this.#nextClose();
  }

  #nextClose(): Promise<void> {
    return new Promise((resolve) => {
      this.mqtt.once('close', () => resolve());
    });
  }

  async end(): Promise<void> {
    await this.mqtt.endAsync(true);
  }
}

/** Why a connection was refused, as the client library says it. */
export async function refusalOf(url: string, login: Login, options?: IClientOptions): Promise<string> {
  try {
    const client = await TestClient.open(url, login, options);
    await client.end();
    return 'accepted';
  } catch (error) {
    return error instanceof Object && 'message' in error ? String(error.message) : String(error);
  }
}

/** A plain stream for what no client library would send. */
export class RawClient {
  readonly socket: Duplex;
  /** Resolves with all bytes the broker sent, once it has closed the connection. */
  readonly ended: Promise<Buffer>;

  private constructor(socket: Duplex) {
    this.socket = socket;
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => {});
    this.ended = new Promise((resolve) => {
      socket.once('close', () => resolve(Buffer.concat(chunks)));
    });
  }

  static async open(port: number, localAddress?: string): Promise<RawClient> {
    const socket = connectTcp({ port, host: '127.0.0.1', ...(localAddress ? { localAddress } : {}) });
    const raw = new RawClient(socket);
    await Promise.race([once(socket, 'connect'), raw.ended]);
    return raw;
  }

  /** Over any listener; what certificates are worth is not asked here. */
  static async openAt(kind: ListenerKind, port: number): Promise<RawClient> {
    if (kind === 'tcp') return await RawClient.open(port);
    if (kind === 'tls') {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      const raw = new RawClient(socket);
      await Promise.race([once(socket, 'secureConnect'), raw.ended]);
      return raw;
    }
    const webSocket = new WebSocket(`${kind}://127.0.0.1:${port}`, 'mqtt', { rejectUnauthorized: false });
    const stream = createWebSocketStream(webSocket);
    webSocket.once('close', () => stream.destroy());
    const raw = new RawClient(stream);
    await Promise.race([once(webSocket, 'open'), raw.ended]);
    return raw;
  }

  send(bytes: Buffer | readonly number[]): void {
    this.socket.write(Buffer.from(bytes));
  }

  /** Waits for so many bytes of answer. */
  bytes(count: number): Promise<Buffer> {
    return this.#answer((have) => have.length >= count);
  }

  /** Waits until these bytes have come. */
  until(wanted: Buffer): Promise<Buffer> {
    return this.#answer((have) => have.includes(wanted));
  }

  #answer(complete: (have: Buffer) => boolean): Promise<Buffer> {
    return new Promise((resolve) => {
      let have = Buffer.alloc(0);
      const take = (chunk: Buffer) => {
        have = Buffer.concat([have, chunk]);
        if (!complete(have)) return;
        this.socket.off('data', take);
        resolve(have);
      };
      this.socket.on('data', take);
    });
  }
}
