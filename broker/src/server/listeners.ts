/** The sockets the broker listens on: plain TCP and MQTT over WebSocket. */
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { createWebSocketStream, WebSocketServer } from 'ws';
import { AccessError } from '../access/credentials-file.ts';
import type { Admission, Ticket } from './admission.ts';
import type { Engine } from './engine.ts';
import { type BrokerLimits, CLIENT_LIMITS } from './limits.ts';
import type { BrokerMonitor } from './monitor.ts';
import { Session } from './session.ts';

export interface ListenerContext {
  readonly engine: Engine;
  readonly admission: Admission;
  readonly limits: BrokerLimits;
  readonly monitor: BrokerMonitor;
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** Plain MQTT over TCP. @throws AccessError when the port cannot be had. */
export function listenTcp(context: ListenerContext, host: string, port: number): Promise<Listener> {
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const ticket = context.admission.admit(socket);
    if (ticket) handOver(context, { conn: socket, ticket, listener: 'tcp' });
  });
  return listening(server, host, port);
}

/** MQTT over WebSocket [MQTT 3.1.1, 6], sub-protocol `mqtt`. @throws AccessError when the port cannot be had. */
export function listenWs(context: ListenerContext, host: string, port: number): Promise<Listener> {
  const tickets = new WeakMap<object, Ticket>();
  const http = createHttpServer((_request, response) => {
    response.writeHead(426, { 'Content-Type': 'text/plain', Connection: 'close' }).end('MQTT only\n');
  });
  upgradeToMqtt(context, http, (socket) => tickets.get(socket));
  const server = createServer({ noDelay: true, keepAlive: true }, (socket) => {
    const ticket = context.admission.admit(socket);
    if (!ticket) return;
    tickets.set(socket, ticket);
    http.emit('connection', socket);
  });
  return listening(server, host, port);
}

function upgradeToMqtt(
  context: ListenerContext,
  http: ReturnType<typeof createHttpServer>,
  ticketOf: (socket: Socket) => Ticket | undefined,
): void {
  const webSockets = new WebSocketServer({
    server: http,
    maxPayload: 2 * CLIENT_LIMITS.portal.maxPacketBytes,
    perMessageDeflate: false,
    handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : false),
    verifyClient: ({ req }: { req: { headers: Record<string, unknown> } }) =>
      String(req.headers['sec-websocket-protocol'] ?? '')
        .split(/\s*,\s*/)
        .includes('mqtt'),
  });
  webSockets.on('connection', (webSocket, request) => {
    const ticket = ticketOf(request.socket);
    webSocket.on('error', () => {});
    if (!ticket) return webSocket.terminate();
    const conn = createWebSocketStream(webSocket);
    // Destroying the stream starts a polite closing handshake; whoever is refused does not get to answer.
    conn.once('close', () => webSocket.terminate());
    handOver(context, { conn, ticket, listener: 'ws' });
  });
}

function handOver(
  context: ListenerContext,
  { conn, ticket, listener }: { conn: Session['conn']; ticket: Ticket; listener: Session['listener'] },
): void {
  const session = new Session(conn, {
    address: ticket.address,
    listener,
    limits: context.limits,
    onRefused: (refused, why) => context.monitor.refused(why, refused),
  });
  context.engine.handle(session, ticket.identified);
}

async function listening(server: Server, host: string, port: number): Promise<Listener> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)));
    server.listen(port, host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  if (error.code === 'EADDRINUSE') {
    return new AccessError(
      'BROKER_PORT_TAKEN',
      `port ${port} of ${host} is used by another process`,
      'stop that process or choose another port (--port, --ws-port)',
    );
  }
  if (error.code === 'EACCES') {
    return new AccessError(
      'BROKER_PORT_FORBIDDEN',
      `port ${port} of ${host} may not be used by this user`,
      'choose a port above 1023',
    );
  }
  if (error.code === 'EADDRNOTAVAIL') {
    return new AccessError(
      'BROKER_HOST_UNKNOWN',
      `${host} is not an address of this machine`,
      'give an address of this machine with --host (127.0.0.1 for this machine only)',
    );
  }
  return error;
}
