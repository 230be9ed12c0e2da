/** A Modbus TCP server for the devices of one line: any number of clients, answers in the order of the requests. */
import { createServer, type Server, type Socket } from 'node:net';
import { type ModbusUnit, type ModbusUnits, replyTo } from './modbus-reply.ts';

export interface ModbusTcpOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly units: ModbusUnits;
}

const HEADER_BYTES = 7;
/** Function code and data; more is no Modbus. */
const MAX_PDU_BYTES = 253;

export class ModbusTcpServer {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  private constructor(server: Server, sockets: Set<Socket>, port: number) {
    this.#server = server;
    this.#sockets = sockets;
    this.port = port;
  }

  /** Rejects when the port cannot be had. */
  static async open(options: ModbusTcpOptions): Promise<ModbusTcpServer> {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('close', () => sockets.delete(socket));
      // A client that vanishes is its own business.
      socket.on('error', () => socket.destroy());
      if (isDown(options.units)) socket.destroy();
      else serve(socket, options.units);
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(options.port, options.host, resolve);
    });
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : options.port;
    return new ModbusTcpServer(server, sockets, port);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

/** Requests that wait on one connection; whoever sends more does not listen. */
const LONGEST_QUEUE = 64;

/** Nobody takes calls when every device behind the port is away. */
function isDown(units: ModbusUnits): boolean {
  return [...units.values()].every(({ faults }) => faults?.linkDown === true);
}

function serve(socket: Socket, units: ModbusUnits): void {
  let pending: Buffer = Buffer.alloc(0);
  let turn: Promise<void> = Promise.resolve();
  let waiting = 0;
  socket.on('data', (chunk: Buffer) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER_BYTES) {
      const length = pending.readUInt16BE(4);
      const end = HEADER_BYTES - 1 + length;
      if (
        pending.readUInt16BE(2) !== 0 ||
        length < 2 ||
        length > MAX_PDU_BYTES + 1 ||
        waiting >= LONGEST_QUEUE
      ) {
        socket.destroy();
        return;
      }
      if (pending.length < end) return;
      const request = Buffer.from(pending.subarray(0, end));
      pending = pending.subarray(end);
      // A unit that nobody is gets silence, as on a bus.
      const unit = units.get(request[6] ?? 0);
      if (!unit) continue;
      waiting += 1;
      turn = turn
        .then(() => answer(socket, unit, request))
        .finally(() => {
          waiting -= 1;
        });
    }
  });
}

async function answer(socket: Socket, unit: ModbusUnit, request: Buffer): Promise<void> {
  const reply = await replyTo(unit, request.subarray(HEADER_BYTES));
  if (socket.destroyed || reply.kind === 'silence') return;
  if (reply.kind === 'hang-up') socket.destroy();
  else {
    const bytes = frame(request, reply.pdu);
    // What a wrong check sum is on a serial line: here it is the answer to a question that nobody asked.
    if (reply.broken) bytes.writeUInt16BE(request.readUInt16BE(0) ^ 0x5555, 0);
    socket.write(bytes);
  }
}

function frame(request: Buffer, pdu: Buffer): Buffer {
  const out = Buffer.alloc(HEADER_BYTES + pdu.length);
  request.copy(out, 0, 0, 2);
  out.writeUInt16BE(pdu.length + 1, 4);
  out.writeUInt8(request[6] ?? 0, 6);
  pdu.copy(out, HEADER_BYTES);
  return out;
}
