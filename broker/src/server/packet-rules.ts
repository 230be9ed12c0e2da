/**
 * What MQTT 3.1.1 forbids a client to send, judged on the bytes of one packet.
 *
 * The parser behind this reads generously: it takes a will of QoS 3 or a packet identifier of 0, and what it took
 * then fails where it is written to somebody else. So each packet is judged whole before the parser sees its end, and
 * whoever sent a forbidden one is ended, nobody else [MQTT-4.8.0-1].
 */
import { filterProblem, textProblem, topicProblem } from './packet-text.ts';

/** Each rule with its clause of MQTT 3.1.1; the name goes into the numbers, the sentence into the log. */
export const VIOLATIONS = {
  'connect-expected': 'the first packet has to be CONNECT [MQTT-3.1.0-1]',
  'second-connect': 'CONNECT came a second time [MQTT-3.1.0-2]',
  'after-disconnect': 'a packet came after DISCONNECT [MQTT-3.14.4-2]',
  'packet-type': 'a type of packet that no client sends [MQTT 3.1.1, table 2.1]',
  'header-flags': 'reserved bits of the fixed header are not as they have to be [MQTT-2.2.2-2]',
  'packet-malformed': 'the fields of the packet do not fill it exactly [MQTT 3.1.1, chapter 3]',
  'packet-id-zero': 'the packet identifier is 0 [MQTT-2.3.1-1]',
  'text-malformed': 'a text is not well-formed UTF-8 [MQTT-1.5.3-1]',
  'text-null': 'a text holds the character U+0000 [MQTT-1.5.3-2]',
  'text-frame': 'a WebSocket frame of text instead of binary data [MQTT-6.0.0-1]',
  'topic-malformed': 'a topic is empty or holds a wildcard [MQTT-4.7.3-1], [MQTT-3.3.2-2]',
  'filter-malformed': 'a filter is empty or its wildcards stand wrong [MQTT-4.7.1-2], [MQTT-4.7.1-3]',
  'protocol-name': 'the protocol name is not MQTT [MQTT-3.1.2-1]',
  'protocol-level': 'only MQTT 3.1.1 (level 4) is spoken here; set it in the client [MQTT-3.1.2-2]',
  'connect-flags': 'the reserved bit of the connect flags is set [MQTT-3.1.2-3]',
  'will-qos': 'the will has QoS 3 [MQTT-3.1.2-14]',
  'will-bits': 'QoS or retain of a will without a will [MQTT-3.1.2-13], [MQTT-3.1.2-15]',
  'password-alone': 'a password without a user name [MQTT-3.1.2-22]',
  'publish-qos': 'a message of QoS 3 [MQTT-3.3.1-4]',
  'publish-dup': 'a message of QoS 0 marked as repeated [MQTT-3.3.1-2]',
  'filters-missing': 'SUBSCRIBE or UNSUBSCRIBE without a filter [MQTT-3.8.3-3], [MQTT-3.10.3-2]',
  'subscribe-options': 'QoS 3 or reserved bits in a subscription [MQTT-3.8.3-4]',
} as const satisfies Record<string, string>;

export type Violation = keyof typeof VIOLATIONS;

export const CONNECT = 1;
export const PUBLISH = 3;
export const DISCONNECT = 14;
const SUBSCRIBE = 8;
const UNSUBSCRIBE = 10;

/** Lower half of the first byte of all packets a client may send but PUBLISH [MQTT 3.1.1, table 2.2]. */
const HEADER_FLAGS: ReadonlyMap<number, number> = new Map([
  [CONNECT, 0],
  [4, 0], // PUBACK
  [5, 0], // PUBREC
  [6, 2], // PUBREL
  [7, 0], // PUBCOMP
  [SUBSCRIBE, 2],
  [UNSUBSCRIBE, 2],
  [12, 0], // PINGREQ
  [DISCONNECT, 0],
]);

/** Judges the first byte of a packet. */
export function headerViolation(firstByte: number): Violation | undefined {
  const type = firstByte >> 4;
  const flags = firstByte & 0x0f;
  if (type !== PUBLISH) {
    const wanted = HEADER_FLAGS.get(type);
    if (wanted === undefined) return 'packet-type';
    return flags === wanted ? undefined : 'header-flags';
  }
  const qos = (flags >> 1) & 3;
  if (qos === 3) return 'publish-qos';
  return qos === 0 && flags & 8 ? 'publish-dup' : undefined;
}

/**
 * How many bytes of a packet's body have to be there before it can be judged, as far as `begun` tells: all of them,
 * but of a PUBLISH only topic and packet identifier.
 */
export function judgedBytes(firstByte: number, begun: Uint8Array, bodyBytes: number): number {
  if (firstByte >> 4 !== PUBLISH) return bodyBytes;
  if (begun.length < 2) return Math.min(2, bodyBytes);
  return Math.min(2 + uint16At(begun, 0) + (firstByte & 6 ? 2 : 0), bodyBytes);
}

/** Judges a body of which at least so much is there as `judgedBytes` asked for. */
export function bodyViolation(firstByte: number, body: Uint8Array): Violation | undefined {
  switch (firstByte >> 4) {
    case CONNECT:
      return connectViolation(new Fields(body));
    case PUBLISH:
      return publishViolation(body, (firstByte & 6) > 0);
    case SUBSCRIBE:
      return filtersViolation(new Fields(body), true);
    case UNSUBSCRIBE:
      return filtersViolation(new Fields(body), false);
    case 12:
    case DISCONNECT:
      return body.length === 0 ? undefined : 'packet-malformed';
    default: // The acknowledgements.
      if (body.length !== 2) return 'packet-malformed';
      return uint16At(body, 0) === 0 ? 'packet-id-zero' : undefined;
  }
}

/** The level that belongs to a protocol name; MQIsdp is what MQTT 3.1 calls itself. */
const LEVELS: ReadonlyMap<string, number> = new Map([
  ['MQTT', 4],
  ['MQIsdp', 3],
]);

/** CONNECT [MQTT 3.1.1, 3.1]. The level comes before all else: what follows it is another protocol's. */
function connectViolation(fields: Fields): Violation | undefined {
  const name = fields.bytes();
  const level = fields.byte();
  if (!name || level === undefined) return 'packet-malformed';
  const known = LEVELS.get(String.fromCharCode(...name.subarray(0, 16)));
  if (known === undefined) return 'protocol-name';
  if (level !== known) return 'protocol-level';
  const flags = fields.byte();
  const keepAliveS = fields.uint16();
  if (flags === undefined || keepAliveS === undefined) return 'packet-malformed';
  return connectFlagsViolation(flags) ?? connectPayloadViolation(fields, flags);
}

const CONNECT_FLAG = {
  reserved: 0x01,
  will: 0x04,
  willQos: 0x18,
  willRetain: 0x20,
  password: 0x40,
  user: 0x80,
};

function connectFlagsViolation(flags: number): Violation | undefined {
  const { reserved, will, willQos, willRetain, password, user } = CONNECT_FLAG;
  if (flags & reserved) return 'connect-flags';
  if (flags & will) {
    if ((flags & willQos) === willQos) return 'will-qos';
  } else if (flags & (willQos | willRetain)) return 'will-bits';
  return flags & password && !(flags & user) ? 'password-alone' : undefined;
}

/** Client id, will topic and message, user name, password, as the flags say and nothing more [MQTT-3.1.3-1]. */
function connectPayloadViolation(fields: Fields, flags: number): Violation | undefined {
  const clientId = fields.bytes();
  if (!clientId) return 'packet-malformed';
  let problem: Violation | undefined = textProblem(clientId);
  if (flags & CONNECT_FLAG.will) {
    const topic = fields.bytes();
    const message = fields.bytes();
    if (!topic || !message) return 'packet-malformed';
    problem ??= topicProblem(topic);
  }
  if (flags & CONNECT_FLAG.user) {
    const user = fields.bytes();
    if (!user) return 'packet-malformed';
    problem ??= textProblem(user);
  }
  if (flags & CONNECT_FLAG.password && !fields.bytes()) return 'packet-malformed';
  return problem ?? (fields.left === 0 ? undefined : 'packet-malformed');
}

/** The head of a PUBLISH [MQTT 3.1.1, 3.3.2]. Every message passes here, so it is read in place. */
function publishViolation(head: Uint8Array, hasId: boolean): Violation | undefined {
  if (head.length < 2) return 'packet-malformed';
  const topicEnd = 2 + uint16At(head, 0);
  if (topicEnd + (hasId ? 2 : 0) > head.length) return 'packet-malformed';
  if (hasId && uint16At(head, topicEnd) === 0) return 'packet-id-zero';
  return topicProblem(head, 2, topicEnd);
}

/** SUBSCRIBE and UNSUBSCRIBE [MQTT 3.1.1, 3.8, 3.10]. */
function filtersViolation(fields: Fields, withOptions: boolean): Violation | undefined {
  const id = fields.uint16();
  if (id === undefined) return 'packet-malformed';
  if (id === 0) return 'packet-id-zero';
  if (fields.left === 0) return 'filters-missing';
  while (fields.left > 0) {
    const filter = fields.bytes();
    const options = withOptions ? fields.byte() : 0;
    if (!filter || options === undefined) return 'packet-malformed';
    const problem = filterProblem(filter);
    if (problem) return problem;
    if (options > 2) return 'subscribe-options';
  }
  return undefined;
}

/** Reads one field after the other; undefined when it is not there whole. */
class Fields {
  readonly #body: Uint8Array;
  #at = 0;

  constructor(body: Uint8Array) {
    this.#body = body;
  }

  get left(): number {
    return this.#body.length - this.#at;
  }

  byte(): number | undefined {
    const byte = this.#body[this.#at];
    if (byte !== undefined) this.#at += 1;
    return byte;
  }

  uint16(): number | undefined {
    if (this.left < 2) return undefined;
    this.#at += 2;
    return uint16At(this.#body, this.#at - 2);
  }

  /** A field with its length in front [MQTT 3.1.1, 1.5.3]. */
  bytes(): Uint8Array | undefined {
    const length = this.uint16();
    if (length === undefined || length > this.left) return undefined;
    this.#at += length;
    return this.#body.subarray(this.#at - length, this.#at);
  }
}

function uint16At(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
