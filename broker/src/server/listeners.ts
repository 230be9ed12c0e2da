/**
 * The sockets the broker listens on: MQTT over TCP and over WebSocket, each plain or with TLS 1.3.
 *
 * All four start as a plain TCP server, so that every connection passes admission before a single byte of it is
 * looked at: TLS handshake and HTTP upgrade are done by servers that never listen themselves.
 */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import { createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import { createWebSocketStream, WebSocketServer } from 'ws';
import type { TlsFiles } from '../access/authority-files.ts';
import { commonNameOf } from '../access/certificate.ts';
import { AccessError } from '../access/credentials-file.ts';
import type { Admission, Ticket } from './admission.ts';
import type { Doorway } from './doorway.ts';
import type { Engine } from './engine.ts';
import { type BrokerLimits, CLIENT_LIMITS } from './limits.ts';
import type { BrokerMonitor } from './monitor.ts';
import { type ListenerKind, type PresentedCertificate, Session } from './session.ts';

export interface ListenerContext {
  readonly engine: Engine;
  readonly admission: Admission;
  readonly doorway: Doorway;
  readonly limits: BrokerLimits;
  readonly monitor: BrokerMonitor;
}

export interface ListenerOptions {
  readonly kind: ListenerKind;
  readonly host: string;
  readonly port: number;
  /** Needed for `tls` and `wss`. */
  readonly tls?: TlsFiles | undefined;
}

export interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

/** An admitted connection on its way to the engine. */
interface Arrival {
  readonly ticket: Ticket;
  readonly certificate?: PresentedCertificate | undefined;
}

/**
 * A peer that is gone without a word is noticed by TCP after a minute and ten unanswered probes, for those that set
 * no keep-alive of MQTT [MQTT 3.1.1, 3.1.2.10].
 */
const SOCKET_OPTIONS = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  pauseOnConnect: true,
};

/** Starts one listener. @throws AccessError when the port cannot be had or the certificates are missing. */
export async function listen(context: ListenerContext, options: ListenerOptions): Promise<Listener> {
  const { kind } = options;
  const arrivals = new WeakMap<Duplex, Arrival>();
  const handOver = (conn: Duplex, arrival: Arrival) => startSession(context, conn, kind, arrival);
  const web = kind === 'ws' || kind === 'wss' ? mqttOverHttp(arrivals, handOver) : undefined;
  const deliver = (socket: Socket, arrival: Arrival) => {
    if (!web) {
      handOver(socket, arrival);
      return;
    }
    arrivals.set(socket, arrival);
    web.emit('connection', socket);
    socket.resume();
  };
  const secure = kind === 'tls' || kind === 'wss' ? tlsHandshake(context, options.tls, deliver) : undefined;
  // What a connection sends while it waits at the door stays with the system, unread.
  const server = createServer(SOCKET_OPTIONS, (socket) => {
    const ticket = context.admission.admit(socket);
    if (!ticket) return;
    context.doorway.enter(() => {
      if (socket.destroyed) return;
      if (secure) secure(socket, ticket);
      else deliver(socket, { ticket });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, options)));
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}

/** Tickets find their way through the handshake by the peer's address and port, unique while it is connected. */
function tlsHandshake(
  { limits, monitor }: ListenerContext,
  files: TlsFiles | undefined,
  deliver: (socket: TLSSocket, arrival: Arrival) => void,
): (socket: Socket, ticket: Ticket) => void {
  if (!files) {
    throw new AccessError('BROKER_CA_MISSING', 'a TLS listener has no certificate', 'make one: ca init');
  }
  const tickets = new Map<string, Ticket>();
  const server: TlsServer = createTlsServer({
    ca: files.authority,
    cert: files.certificate,
    key: files.key,
    minVersion: 'TLSv1.3',
    requestCert: true,
    // A client without a certificate still has its secret; one with a wrong certificate is refused below.
    rejectUnauthorized: false,
    handshakeTimeout: limits.connectTimeoutMs,
  });
  server.on('secureConnection', (socket) => {
    const ticket = tickets.get(peerOf(socket));
    const shown = socket.getPeerX509Certificate();
    if (!ticket || (shown && !socket.authorized)) {
      monitor.refused('bad-certificate', { address: ticket?.address ?? '' });
      socket.destroy();
      return;
    }
    const certificate = shown && {
      commonName: commonNameOf(shown.subject),
      fingerprint: shown.fingerprint256.replaceAll(':', '').toLowerCase(),
    };
    deliver(socket, { ticket, certificate });
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return (socket, ticket) => {
    const peer = peerOf(socket);
    tickets.set(peer, ticket);
    socket.once('close', () => tickets.delete(peer));
    server.emit('connection', socket);
  };
}

/** MQTT over WebSocket [MQTT 3.1.1, 6]: sub-protocol `mqtt`, binary frames, nothing else on this port. */
function mqttOverHttp(
  arrivals: WeakMap<Duplex, Arrival>,
  handOver: (conn: Duplex, arrival: Arrival) => Session,
): HttpServer {
  const http = createHttpServer((_request, response) => {
    response.writeHead(426, { 'Content-Type': 'text/plain', Connection: 'close' }).end('MQTT only\n');
  });
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: 2 * CLIENT_LIMITS.portal.maxPacketBytes,
    perMessageDeflate: false,
    handleProtocols: () => 'mqtt',
  });
  http.on('upgrade', (request, socket, head) => {
    const arrival = arrivals.get(socket);
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(/\s*,\s*/);
    if (!arrival || !offered.includes('mqtt')) {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const conn = createWebSocketStream(webSocket);
      // Destroying the stream starts a polite closing handshake; whoever is refused does not get to answer.
      conn.once('close', () => webSocket.terminate());
      const session = handOver(conn, arrival);
      webSocket.on('message', (_data, isBinary) => {
        if (!isBinary) session.refuse('text-frame');
      });
    });
  });
  http.on('clientError', (_error, socket) => socket.destroy());
  return http;
}

function startSession(
  { engine, limits, monitor }: ListenerContext,
  conn: Duplex,
  kind: ListenerKind,
  { ticket, certificate }: Arrival,
): Session {
  const session = new Session(conn, {
    address: ticket.address,
    listener: kind,
    certificate,
    limits,
    onRefused: ({ address, credential }, why) =>
      monitor.refused(why, { address, ...(credential ? { id: credential.id } : {}) }),
  });
  engine.handle(session, ticket.identified);
  return session;
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function listenError(error: NodeJS.ErrnoException, { host, port, kind }: ListenerOptions): Error {
  const at = `port ${port} of ${host} (${kind})`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new AccessError(
        'BROKER_PORT_TAKEN',
        `${at} is used by another process`,
        'stop that process or choose another port',
      );
    case 'EACCES':
      return new AccessError(
        'BROKER_PORT_FORBIDDEN',
        `${at} may not be used by this user`,
        'choose a port above 1023',
      );
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new AccessError(
        'BROKER_HOST_UNKNOWN',
        `${host} is not an address of this machine`,
        'give an address of this machine with --host (127.0.0.1 for this machine only)',
      );
    default:
      return error;
  }
}
