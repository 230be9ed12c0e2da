/**
 * Our MQTT port over the SDK's client, whose class is handed in so that this file needs no SDK to be tested. What
 * the client (8.2.3) leaves to its user is done here: packet ids that never become 0, a name that resolves after the
 * client was closed, a message that does not fit.
 */
import type { Connection, ConnectOptions, MqttPort } from './ports.ts';

/** What is used of `embedded:network/mqtt/client`. */
export interface SdkClient {
  read(count: number): ArrayBuffer;
  write(data: ArrayBuffer | Uint8Array, options: SdkWrite): number;
  close(): void;
}

export interface SdkWrite {
  operation?: number;
  id?: number;
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
  /** The client takes text or an ArrayBuffer; of anything else, a Uint8Array too, it sends `String(message)`. */
  will?: { topic: string; message: string; QoS: number; retain: boolean };
  /** The client makes one `io` of this very object. */
  dns: ResolverOptions;
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

/** The chip's own resolver, for names and plain addresses alike. */
export type Resolve = (host: string, onAddress: (name: string, address?: string) => void) => void;

export interface ResolverOptions {
  readonly io: typeof ChipResolver;
  readonly resolve: Resolve;
  readonly isOpen: () => boolean;
}

interface ResolveRequest {
  readonly host: string;
  readonly onResolved: (host: string, address: string) => void;
  readonly onError: (host: string) => void;
}

/** A name that resolves too late is no longer told: a client that was closed by then would throw. */
export class ChipResolver {
  readonly #options: ResolverOptions;

  constructor(options: ResolverOptions) {
    this.#options = options;
  }

  resolve({ host, onResolved, onError }: ResolveRequest): void {
    const { resolve, isOpen } = this.#options;
    resolve(host, (name, address) => {
      if (!isOpen()) return;
      if (address) onResolved(name, address);
      else onError(name);
    });
  }

  close(): void {}
}

const CONNACK = 2;
const SUBSCRIBE = 8;
/** Most read at once: what is too long to be kept must not fill the memory on its way through. */
export const PIECE_BYTES = 512;
/** [MQTT-2.3.1-1] 0 is no packet id; the client would count up to it. */
const MAX_PACKET_ID = 65_535;

export function sdkMqtt(create: (options: SdkOptions) => SdkClient, resolve: Resolve): MqttPort {
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
        ...basics(options),
        dns: { io: ChipResolver, resolve, isOpen: () => !closed },
        onReadable(count, head) {
          // Read even when nobody wants it: unread bytes stop the client.
          for (let left = count; left > 0; left -= PIECE_BYTES) {
            const piece = client?.read(Math.min(left, PIECE_BYTES));
            if (piece && !closed) options.onPart(new Uint8Array(piece), left === count ? head : {});
          }
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

function basics(options: ConnectOptions) {
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
      ? { will: { topic: will.topic, message: will.message, QoS: will.qos, retain: will.retain } }
      : {}),
  };
}

function connectionOf(client: SdkClient, onClose: () => void): Connection {
  let lastId = 0;
  const nextId = () => {
    lastId = (lastId % MAX_PACKET_ID) + 1;
    return lastId;
  };
  return {
    subscribe(topics) {
      const items = topics.map((topic) => ({ topic, QoS: 1 }));
      client.write(new ArrayBuffer(0), { operation: SUBSCRIBE, id: nextId(), topic: '', items });
    },
    publish(topic, payload, { qos, retain }) {
      try {
        return client.write(payload, { id: nextId(), topic, QoS: qos, retain });
      } catch {
        // It counts the room before it writes a byte, and its own acknowledgements take room that nobody is told of.
        return undefined;
      }
    },
    close() {
      onClose();
      client.close();
    },
  };
}
