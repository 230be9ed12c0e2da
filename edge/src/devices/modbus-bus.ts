/**
 * One Modbus connection, TCP or serial, with everything that needs care about it:
 * - one request at a time, from a bounded queue: un-serialised callers cross values;
 * - every request has its own time-out, for the library has none;
 * - a TCP stream that answered nonsense stays out of step for good, so it is closed at once, and after two time-outs;
 * - on a serial line a late answer is taken for the next request's value, so the line keeps silent after a time-out;
 * - reconnecting backs off with jitter, and nobody waits for it: requests fail at once meanwhile.
 * Times here are real, not site time: they are about sockets, not about the home.
 */
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import modbus from 'modbus-serial';
import { backOffMs } from '../delivery/back-off.ts';
import { DeviceFailure } from '../registers/device-failure.ts';
import { loadSerialModule, portFailure } from './serial-port.ts';

export type ModbusEndpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | {
      readonly kind: 'rtu';
      /** Serial device, e.g. `/dev/ttyUSB0`. */
      readonly path: string;
      readonly baudRate: number;
      readonly parity: 'none' | 'even' | 'odd';
      readonly stopBits: 1 | 2;
    };

export interface ModbusBusOptions {
  readonly timeoutMs?: number;
  /** Silence on a serial line after a time-out; never below 300. */
  readonly silenceMs?: number;
  readonly backoffMs?: { readonly first: number; readonly longest: number };
  /** 0..1 */
  readonly random?: () => number;
}

export interface ModbusRequest {
  readonly unit: number;
  readonly address: number;
}

type Client = InstanceType<typeof modbus.default>;

const TIMEOUTS_BEFORE_RECONNECT = 2;
const LONGEST_QUEUE = 32;
const SHORTEST_SILENCE_MS = 300;

export class ModbusBus {
  readonly #endpoint: ModbusEndpoint;
  readonly #options: Required<ModbusBusOptions>;
  #client: Client | null = null;
  #tail: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #timeouts = 0;
  #failedConnects = 0;
  #nextConnectAtMs = 0;
  #silentUntilMs = 0;
  /** Why it is offline while the back-off lasts. */
  #trouble: DeviceFailure | null = null;
  #closed = false;
  readonly #results = new Map<number, Map<string, number>>();

  constructor(endpoint: ModbusEndpoint, options: ModbusBusOptions = {}) {
    this.#endpoint = endpoint;
    this.#options = {
      timeoutMs: options.timeoutMs ?? 1_000,
      silenceMs: Math.max(SHORTEST_SILENCE_MS, options.silenceMs ?? SHORTEST_SILENCE_MS),
      backoffMs: options.backoffMs ?? { first: 500, longest: 30_000 },
      random: options.random ?? Math.random,
    };
  }

  get address(): string {
    const e = this.#endpoint;
    return e.kind === 'tcp' ? `${e.host}:${e.port}` : e.path;
  }

  /** @throws DeviceFailure */
  read(request: ModbusRequest & { readonly space: 'input' | 'holding'; readonly count: number }) {
    return this.#enqueue(request.unit, async (client) => {
      const { address, count, space } = request;
      const { data } = await (space === 'input'
        ? client.readInputRegisters(address, count)
        : client.readHoldingRegisters(address, count));
      if (data.length !== count) {
        throw new DeviceFailure('garbage', `${data.length} registers instead of ${count}`);
      }
      return data;
    });
  }

  /** Writes holding registers: one with function 6, several with function 16. @throws DeviceFailure */
  async write(request: ModbusRequest & { readonly words: readonly number[] }): Promise<void> {
    await this.#enqueue(request.unit, async (client) => {
      const [first, ...others] = request.words;
      if (first === undefined) return;
      if (others.length === 0) await client.writeRegister(request.address, first);
      else await client.writeRegisters(request.address, [...request.words]);
    });
  }

  /** Requests to a unit so far, by what came of them: `ok` or the code of the failure. */
  results(unit: number): ReadonlyMap<string, number> {
    return this.#results.get(unit) ?? new Map();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#drop();
    await this.#tail.catch(() => {});
  }

  #enqueue<T>(unit: number, ask: (client: Client) => Promise<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new DeviceFailure('offline', `${this.address} is closed`));
    if (this.#waiting >= LONGEST_QUEUE) {
      return Promise.reject(new DeviceFailure('overload', `${this.address}: ${LONGEST_QUEUE} requests wait`));
    }
    this.#waiting += 1;
    const turn = this.#tail.then(() => this.#ask(unit, ask));
    turn.then(
      () => this.#count(unit, 'ok'),
      (cause: unknown) => this.#count(unit, cause instanceof DeviceFailure ? cause.code : 'garbage'),
    );
    this.#tail = turn.then(
      () => {},
      () => {},
    );
    return turn.finally(() => {
      this.#waiting -= 1;
    });
  }

  #count(unit: number, result: string): void {
    const results = this.#results.get(unit) ?? new Map<string, number>();
    this.#results.set(unit, results.set(result, (results.get(result) ?? 0) + 1));
  }

  async #ask<T>(unit: number, ask: (client: Client) => Promise<T>): Promise<T> {
    const client = await this.#connected();
    await this.#keepSilent();
    client.setID(unit);
    try {
      const answer = await this.#answered(client, ask);
      this.#timeouts = 0;
      return answer;
    } catch (cause) {
      throw this.#failed(cause);
    }
  }

  /** The answer, or a failure as soon as the socket closes or the time is up. */
  async #answered<T>(client: Client, ask: (client: Client) => Promise<T>): Promise<T> {
    const { promise: broken, reject } = Promise.withResolvers<never>();
    const { timeoutMs } = this.#options;
    const timer = setTimeout(
      () => reject(new DeviceFailure('timeout', `${this.address}: no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const lost = () => reject(new DeviceFailure('offline', `${this.address} closed the connection`));
    this.#onLost = lost;
    try {
      return await Promise.race([ask(client), broken]);
    } finally {
      clearTimeout(timer);
      this.#onLost = () => {};
    }
  }

  #onLost: () => void = () => {};

  #failed(cause: unknown): DeviceFailure {
    if (isException(cause)) {
      this.#timeouts = 0;
      return new DeviceFailure('exception', `${this.address}: Modbus exception ${cause.modbusCode}`, cause);
    }
    const failure = asFailure(cause, this.address);
    if (failure.code === 'timeout') {
      this.#timeouts += 1;
      this.#trouble = failure;
      this.#silentUntilMs = performance.now() + this.#options.silenceMs;
      if (this.#timeouts >= TIMEOUTS_BEFORE_RECONNECT) this.#reconnectLater();
    } else if (this.#endpoint.kind === 'tcp' || failure.code === 'offline') {
      this.#trouble = failure;
      this.#reconnectLater();
    } else this.#silentUntilMs = performance.now() + this.#options.silenceMs;
    return failure;
  }

  async #keepSilent(): Promise<void> {
    if (this.#endpoint.kind !== 'rtu') return;
    const leftMs = this.#silentUntilMs - performance.now();
    if (leftMs > 0) await delay(leftMs);
  }

  async #connected(): Promise<Client> {
    if (this.#client) return this.#client;
    if (this.#closed) throw new DeviceFailure('offline', `${this.address} is closed`);
    if (performance.now() < this.#nextConnectAtMs) {
      const { message, remedy } = this.#trouble ?? new DeviceFailure('offline', `${this.address} is offline`);
      throw new DeviceFailure('offline', message, this.#trouble, remedy);
    }
    try {
      const client = await this.#connect();
      this.#client = client;
      this.#failedConnects = 0;
      this.#timeouts = 0;
      return client;
    } catch (cause) {
      this.#trouble = asRefusal(cause, this.address);
      this.#reconnectLater();
      throw this.#trouble;
    }
  }

  async #connect(): Promise<Client> {
    const client = new modbus.default();
    client.on('error', () => {});
    // The library's own time-out frees its bookkeeping; ours has ended the request before.
    client.setTimeout(this.#options.timeoutMs + 100);
    const endpoint = this.#endpoint;
    if (endpoint.kind === 'rtu') {
      const { baudRate, parity, stopBits } = endpoint;
      await loadSerialModule();
      try {
        await client.connectRTUBuffered(endpoint.path, { baudRate, parity, stopBits });
      } catch (cause) {
        throw await portFailure(endpoint.path, cause);
      }
    } else {
      const socket = await openSocket(endpoint, this.#options.timeoutMs);
      await client.linkTCP(socket, { port: endpoint.port });
    }
    client.on('close', () => {
      if (this.#client !== client) return;
      this.#trouble = new DeviceFailure('offline', `${this.address} closed the connection`);
      this.#onLost();
      this.#reconnectLater();
    });
    return client;
  }

  #reconnectLater(): void {
    this.#drop();
    const { first, longest } = this.#options.backoffMs;
    const backOff = { firstMs: first, longestMs: longest, steady: 0.5 };
    this.#nextConnectAtMs =
      performance.now() + backOffMs(this.#failedConnects, backOff, this.#options.random());
    this.#failedConnects += 1;
  }

  #drop(): void {
    const client = this.#client;
    this.#client = null;
    this.#onLost();
    try {
      client?.destroy(() => {});
    } catch {
      // Already gone: that is what was wanted.
    }
  }
}

async function openSocket(
  { host, port }: { readonly host: string; readonly port: number },
  timeoutMs: number,
): Promise<net.Socket> {
  const socket = net.connect({ host, port, noDelay: true, keepAlive: true });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(timeoutMs) });
    return socket;
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
}

function asRefusal(cause: unknown, address: string): DeviceFailure {
  if (cause instanceof DeviceFailure) return cause;
  const why = cause instanceof Error ? cause.message : String(cause);
  return new DeviceFailure('refused', `${address} does not take a connection: ${why}`, cause);
}

function isException(cause: unknown): cause is { readonly modbusCode: number } {
  return typeof cause === 'object' && cause !== null && typeof Reflect.get(cause, 'modbusCode') === 'number';
}

function asFailure(cause: unknown, address: string): DeviceFailure {
  if (cause instanceof DeviceFailure) return cause;
  const { name = '', message = String(cause) } = cause instanceof Error ? cause : {};
  if (name === 'TransactionTimedOutError')
    return new DeviceFailure('timeout', `${address}: ${message}`, cause);
  if (name === 'PortNotOpenError') return new DeviceFailure('offline', `${address}: ${message}`, cause);
  return new DeviceFailure('garbage', `${address}: ${message}`, cause);
}
