/** A bare socket that speaks just enough MQTT to load a broker harder than a client library could. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connectPacket, type Login, subscribePacket } from './packets.ts';

/** Called for every packet with its first byte and its body. */
export type OnPacket = (firstByte: number, body: Buffer) => void;

export class LoadClient {
  readonly socket: Socket;
  onPacket: OnPacket = () => {};
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
  }

  /** Connected and accepted. */
  static async open(port: number, login: Login): Promise<LoadClient> {
    const client = new LoadClient(connect({ port, host: '127.0.0.1' }));
    const accepted = client.next(0x20);
    client.socket.write(connectPacket(login));
    const [, code] = await accepted;
    if (code !== 0) throw new Error(`${login.id} was refused with ${code}`);
    return client;
  }

  async subscribe(filter: string, qos: 0 | 1): Promise<void> {
    const answered = this.next(0x90);
    this.socket.write(subscribePacket(1, [filter], qos));
    const answer = await answered;
    if (answer[2] === 128) throw new Error(`${filter} was refused`);
  }

  /** The body of the next packet of this kind. */
  next(firstByte: number): Promise<Buffer> {
    const before = this.onPacket;
    return new Promise((resolve, reject) => {
      this.socket.once('close', () => reject(new Error('the connection was closed')));
      this.onPacket = (kind, body) => {
        if (kind === firstByte) {
          this.onPacket = before;
          resolve(body);
        } else before(kind, body);
      };
    });
  }

  async close(): Promise<void> {
    if (this.socket.destroyed) return;
    this.socket.destroy();
    await once(this.socket, 'close');
  }

  #take(chunk: Buffer): void {
    const bytes = this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    let at = 0;
    for (;;) {
      const end = packetEnd(bytes, at);
      if (end === undefined || end.at > bytes.length) break;
      this.onPacket(bytes[at] ?? 0, bytes.subarray(end.bodyAt, end.at));
      at = end.at;
    }
    this.#rest = bytes.subarray(at);
  }
}

function packetEnd(bytes: Buffer, start: number): { bodyAt: number; at: number } | undefined {
  let length = 0;
  for (let digit = 0; digit < 4; digit += 1) {
    const byte = bytes[start + 1 + digit];
    if (byte === undefined) return undefined;
    length += (byte & 127) * 128 ** digit;
    if (byte < 128) return { bodyAt: start + 2 + digit, at: start + 2 + digit + length };
  }
  return undefined;
}
