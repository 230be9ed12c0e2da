/** A real Modbus TCP server whose registers stand in a map, and which can be made to misbehave. */
import { once } from 'node:events';
import net from 'node:net';
import modbus from 'modbus-serial';

export class ModbusServer {
  readonly registers: Map<number, number>;
  readonly written: { address: number; value: number }[] = [];
  readonly port: number;
  /** Registers read so far. */
  reads = 0;
  /** Answers nothing while true. */
  silent = false;
  /** Answers with exception 2 while true. */
  broken = false;
  /** Refuses to be written to while true. */
  readOnly = false;
  readonly #server: InstanceType<typeof modbus.ServerTCP>;

  private constructor(registers: Map<number, number>, port: number) {
    this.registers = registers;
    this.port = port;
    const read = (address: number) => this.#read(address);
    this.#server = new modbus.ServerTCP(
      {
        getInputRegister: read,
        getHoldingRegister: read,
        setRegister: async (address: number, value: number) => {
          if (this.readOnly) throw { modbusErrorCode: 2 };
          this.written.push({ address, value });
          registers.set(address, value);
        },
      },
      { host: '127.0.0.1', port, unitID: 1 },
    );
  }

  static async open(registers: Map<number, number>, port?: number): Promise<ModbusServer> {
    const server = new ModbusServer(registers, port ?? (await freePort()));
    await once(server.#server, 'initialized');
    return server;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  async #read(address: number): Promise<number> {
    if (this.silent) return new Promise(() => {});
    if (this.broken) throw { modbusErrorCode: 2 };
    this.reads += 1;
    return this.registers.get(address) ?? 0;
  }
}

/** A TCP server that treats every socket as `serve` says. */
export async function rawServer(serve: (socket: net.Socket) => void) {
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

export async function freePort(): Promise<number> {
  const probe = await rawServer(() => {});
  await probe.close();
  return probe.port;
}

/** Waits until `holds`, looking often; fails after 5 s with what was waited for. */
export async function until(what: string, holds: () => boolean, limitMs = 20_000): Promise<void> {
  const endMs = performance.now() + limitMs;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`waited in vain for: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
