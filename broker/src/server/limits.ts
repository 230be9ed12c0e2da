/** How much a client may ask of the broker, by role, and how much all of them together may. */
import type { Role } from '../wire/topics.ts';

export interface ClientLimits {
  /** Longest packet, header and topic included. */
  readonly maxPacketBytes: number;
  /** Packets a second in the long run, and at once; who sends more is disconnected. */
  readonly packetsPerS: number;
  readonly packetBurst: number;
  readonly bytesPerS: number;
  readonly byteBurst: number;
  readonly maxSubscriptions: number;
  /** Bytes written to a client but not yet taken by its network; who lags further behind is dropped. */
  readonly maxUnsentBytes: number;
  /** QoS 1 messages kept while the client is away; 0 means every session of it starts clean. */
  readonly maxQueuedMessages: number;
  readonly maxRetainedTopics: number;
}

export interface BrokerLimits {
  readonly byRole: Readonly<Record<Role, ClientLimits>>;
  /** From accepting a connection (or the end of the TLS handshake) to a complete CONNECT. */
  readonly connectTimeoutMs: number;
  /** Longest CONNECT packet. */
  readonly maxConnectBytes: number;
  readonly maxConnections: number;
  /** Connections that have not said who they are. */
  readonly maxPendingConnections: number;
  readonly maxPendingPerAddress: number;
  readonly connectionsPerSPerAddress: number;
  readonly connectionBurstPerAddress: number;
  /** Wrong secrets for one identity from one address, a minute; then it has to wait for a minute. */
  readonly wrongSecretsPerMinute: number;
  /** Longest silence of a client that has set a keep-alive, whatever it has set. */
  readonly maxSilenceS: number;
  readonly maxTopicLevels: number;
  readonly maxRetainedTopics: number;
  readonly maxRetainedBytes: number;
  /** Of all messages kept for absent clients. */
  readonly maxQueuedBytes: number;
}

/** A message of the wire (64 KiB), its topic and its header. */
const LARGEST_PACKET_BYTES = 65_536 + 512;

const device: ClientLimits = {
  maxPacketBytes: 16_384,
  packetsPerS: 20,
  packetBurst: 100,
  bytesPerS: 20_480,
  byteBurst: 131_072,
  maxSubscriptions: 20,
  maxUnsentBytes: 131_072,
  maxQueuedMessages: 0,
  maxRetainedTopics: 8,
};

const box: ClientLimits = {
  maxPacketBytes: LARGEST_PACKET_BYTES,
  packetsPerS: 500,
  packetBurst: 5_000,
  bytesPerS: 2_097_152,
  byteBurst: 16_777_216,
  maxSubscriptions: 200,
  maxUnsentBytes: 4_194_304,
  maxQueuedMessages: 200,
  maxRetainedTopics: 500,
};

const person: ClientLimits = { ...device, maxPacketBytes: LARGEST_PACKET_BYTES, maxUnsentBytes: 4_194_304 };

export const CLIENT_LIMITS: Readonly<Record<Role, ClientLimits>> = {
  board: device,
  meter: device,
  edge: box,
  site: { ...box, maxRetainedTopics: 8 },
  portal: { ...box, packetsPerS: 5_000, packetBurst: 20_000, maxUnsentBytes: 33_554_432 },
  operator: { ...box, maxRetainedTopics: 0 },
  installer: person,
  sim: box,
  observer: { ...person, maxUnsentBytes: 16_777_216 },
};

export const BROKER_LIMITS: BrokerLimits = {
  byRole: CLIENT_LIMITS,
  connectTimeoutMs: 5_000,
  maxConnectBytes: 1_024,
  maxConnections: 4_096,
  maxPendingConnections: 256,
  maxPendingPerAddress: 64,
  connectionsPerSPerAddress: 50,
  connectionBurstPerAddress: 200,
  wrongSecretsPerMinute: 5,
  maxSilenceS: 3_600,
  maxTopicLevels: 8,
  maxRetainedTopics: 20_000,
  maxRetainedBytes: 33_554_432,
  maxQueuedBytes: 33_554_432,
};
