/** What MQTT 3.1.1 forbids a client to send, as bytes, one or more for each rule, with the rule that is broken. */
import { field, type Login, packet } from '../../bench/packets.ts';
import type { FrameProblem } from '../../src/server/frame-scanner.ts';

export type Forbidden = readonly [what: string, bytes: Buffer, why: FrameProblem];

interface ConnectParts {
  readonly name?: string | Buffer;
  readonly level?: number;
  readonly flags?: number;
  readonly clientId?: Buffer;
  readonly will?: readonly [topic: Buffer, message: Buffer];
  readonly user?: Buffer;
  readonly password?: Buffer;
  readonly more?: Buffer;
}

/** The connect flags that go with a user name, a password and a clean session. */
const PLAIN = 0b1100_0010;
const WILL = 0b0000_0100;

/** A CONNECT with some parts other than they should be. */
export function connectOf(login: Login, parts: ConnectParts = {}): Buffer {
  const { name = 'MQTT', level = 4, flags = PLAIN, will, more = Buffer.alloc(0) } = parts;
  const { clientId = Buffer.from(login.id), user = Buffer.from(login.id) } = parts;
  const { password = Buffer.from(login.secret) } = parts;
  const fields = [
    bytesField(Buffer.from(name)),
    Buffer.from([level, flags, 0, 60]),
    bytesField(clientId),
    ...(will ?? []).map(bytesField),
    ...(flags & 0x80 ? [bytesField(user)] : []),
    ...(flags & 0x40 ? [bytesField(password)] : []),
    more,
  ];
  return packet(0x10, Buffer.concat(fields));
}

export function bytesField(bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function publishOf(firstByte: number, topic: Buffer, rest: readonly number[] = []): Buffer {
  return packet(firstByte, Buffer.concat([bytesField(topic), Buffer.from(rest)]));
}

function filtersOf(firstByte: number, rest: readonly (Buffer | number)[]): Buffer {
  return packet(
    firstByte,
    Buffer.concat(rest.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part))),
  );
}

const ILL_FORMED = Buffer.from([0x61, 0xc3, 0x28]);
const SURROGATE = Buffer.from([0xed, 0xa0, 0x80]);
const WITH_NULL = Buffer.from('a\0b');

/** Forbidden as the first packet of a connection, although name and secret are right. */
export function forbiddenConnects(login: Login, willTopic: string): readonly Forbidden[] {
  const topic = Buffer.from(willTopic);
  const will = [topic, Buffer.from('gone')] as const;
  const noWill = (bits: number, clean = PLAIN) => connectOf(login, { flags: clean | bits });
  return [
    ['a will of QoS 3', connectOf(login, { flags: PLAIN | WILL | 0x18, will }), 'will-qos'],
    ['a retained will of QoS 3', connectOf(login, { flags: PLAIN | WILL | 0x38, will }), 'will-qos'],
    ['QoS 1 of no will', noWill(0x08), 'will-bits'],
    ['QoS 2 of no will', noWill(0x10), 'will-bits'],
    ['QoS 3 of no will', noWill(0x18), 'will-bits'],
    ['no will, retained', noWill(0x20), 'will-bits'],
    ['a reserved connect flag', noWill(0x01), 'connect-flags'],
    ['a password without a user name', connectOf(login, { flags: 0b0100_0010 }), 'password-alone'],
    ['another protocol', connectOf(login, { name: 'HTTP' }), 'protocol-name'],
    ['no protocol name', connectOf(login, { name: '' }), 'protocol-name'],
    ['a protocol name that begins with MQTT', connectOf(login, { name: 'MQTTX' }), 'protocol-name'],
    ['an ill-formed protocol name', connectOf(login, { name: ILL_FORMED }), 'protocol-name'],
    ['an ill-formed client id', connectOf(login, { clientId: ILL_FORMED }), 'text-malformed'],
    ['U+0000 in the client id', connectOf(login, { clientId: WITH_NULL }), 'text-null'],
    ['an ill-formed user name', connectOf(login, { user: SURROGATE }), 'text-malformed'],
    ['U+0000 in the user name', connectOf(login, { user: WITH_NULL }), 'text-null'],
    ...(
      [
        ['an ill-formed will topic', ILL_FORMED, 'text-malformed'],
        ['U+0000 in the will topic', WITH_NULL, 'text-null'],
        ['a wildcard as will topic', Buffer.from('#'), 'topic-malformed'],
        ['an empty will topic', Buffer.alloc(0), 'topic-malformed'],
      ] as const
    ).map(
      ([what, wrong, why]): Forbidden => [
        what,
        connectOf(login, { flags: PLAIN | WILL, will: [wrong, Buffer.from('gone')] }),
        why,
      ],
    ),
    ['a will that is missing', connectOf(login, { flags: PLAIN | WILL }), 'packet-malformed'],
    ['bytes behind the last field', connectOf(login, { more: Buffer.from([0]) }), 'packet-malformed'],
    ['a CONNECT that ends in its header', packet(0x10, Buffer.concat([field('MQTT')])), 'packet-malformed'],
    ['reserved bits in the header of CONNECT', packet(0x11, Buffer.alloc(2)), 'header-flags'],
    ['a PINGREQ first', Buffer.from([0xc0, 0]), 'connect-expected'],
  ];
}

/** Levels this broker does not speak; each is answered with return code 1. */
export function unknownLevels(login: Login): readonly (readonly [string, Buffer])[] {
  return [
    ['MQTT 5', connectOf(login, { level: 5 })],
    ['MQTT level 6', connectOf(login, { level: 6 })],
    ['MQTT level 0', connectOf(login, { level: 0 })],
    ['MQTT level 3', connectOf(login, { level: 3 })],
    ['MQTT level 4 of a bridge', connectOf(login, { level: 0x84 })],
    ['MQIsdp level 4', connectOf(login, { name: 'MQIsdp', level: 4 })],
  ];
}

/** Forbidden once inside. `topic` is one that the client may publish and subscribe. */
export function forbiddenPackets(login: Login, topic: string): readonly Forbidden[] {
  const name = Buffer.from(topic);
  const filter = bytesField(name);
  return [
    ['a second CONNECT', connectOf(login), 'second-connect'],
    ['a packet after DISCONNECT', Buffer.from([0xe0, 0, 0xc0, 0]), 'after-disconnect'],
    ...[0x00, 0x20, 0x90, 0xb0, 0xd0, 0xf0].map(
      (first): Forbidden => [`packet type ${first >> 4}`, Buffer.from([first, 0]), 'packet-type'],
    ),
    ...[0x41, 0x52, 0x60, 0x61, 0x71, 0x80, 0x83, 0xa0, 0xa8, 0xc1, 0xe8].map(
      (first): Forbidden => [
        `reserved bits: first byte ${first.toString(16)}`,
        Buffer.from([first, 2, 0, 1]),
        'header-flags',
      ],
    ),
    ['PUBLISH of QoS 3', publishOf(0x36, name, [0, 1]), 'publish-qos'],
    ['PUBLISH of QoS 3, retained', publishOf(0x37, name, [0, 1]), 'publish-qos'],
    ['PUBLISH of QoS 0, repeated', publishOf(0x38, name), 'publish-dup'],
    ['PUBLISH of QoS 1, packet id 0', publishOf(0x32, name, [0, 0]), 'packet-id-zero'],
    ['PUBLISH of QoS 2, packet id 0', publishOf(0x34, name, [0, 0]), 'packet-id-zero'],
    ['PUBLISH of QoS 1 without packet id', publishOf(0x32, name), 'packet-malformed'],
    ['PUBLISH without topic', packet(0x30, Buffer.alloc(0)), 'packet-malformed'],
    ['PUBLISH whose topic is longer than it', packet(0x30, Buffer.from([1, 0, 97])), 'packet-malformed'],
    ['PUBLISH on an empty topic', publishOf(0x30, Buffer.alloc(0)), 'topic-malformed'],
    ['PUBLISH on +', publishOf(0x30, Buffer.from('wattward/+')), 'topic-malformed'],
    ['PUBLISH on #', publishOf(0x30, Buffer.from('#')), 'topic-malformed'],
    ['PUBLISH on an ill-formed topic', publishOf(0x30, ILL_FORMED), 'text-malformed'],
    ['PUBLISH on a surrogate', publishOf(0x30, SURROGATE), 'text-malformed'],
    ['PUBLISH on a topic with U+0000', publishOf(0x30, WITH_NULL), 'text-null'],
    ...[0x40, 0x50, 0x62, 0x70].flatMap((first): Forbidden[] => [
      [`acknowledgement ${first >> 4} of packet id 0`, Buffer.from([first, 2, 0, 0]), 'packet-id-zero'],
      [`acknowledgement ${first >> 4} of one byte`, Buffer.from([first, 1, 1]), 'packet-malformed'],
      [`acknowledgement ${first >> 4} of nothing`, Buffer.from([first, 0]), 'packet-malformed'],
      [`acknowledgement ${first >> 4} of three bytes`, Buffer.from([first, 3, 0, 1, 0]), 'packet-malformed'],
    ]),
    ['SUBSCRIBE of packet id 0', filtersOf(0x82, [0, 0, filter, 1]), 'packet-id-zero'],
    ['SUBSCRIBE to nothing', filtersOf(0x82, [0, 1]), 'filters-missing'],
    ['SUBSCRIBE of nothing', filtersOf(0x82, []), 'packet-malformed'],
    ['SUBSCRIBE without options', filtersOf(0x82, [0, 1, filter]), 'packet-malformed'],
    ['SUBSCRIBE of QoS 3', filtersOf(0x82, [0, 1, filter, 3]), 'subscribe-options'],
    ...[0x04, 0x08, 0x10, 0x20, 0x40, 0x80].map(
      (bit): Forbidden => [
        `SUBSCRIBE with option bit ${bit}`,
        filtersOf(0x82, [0, 1, filter, 1 | bit]),
        'subscribe-options',
      ],
    ),
    ['UNSUBSCRIBE of packet id 0', filtersOf(0xa2, [0, 0, filter]), 'packet-id-zero'],
    ['UNSUBSCRIBE from nothing', filtersOf(0xa2, [0, 1]), 'filters-missing'],
    ...[0x82, 0xa2].flatMap((first): Forbidden[] => {
      const kind = first === 0x82 ? 'SUBSCRIBE' : 'UNSUBSCRIBE';
      const of = (bytes: Buffer) =>
        filtersOf(first, [0, 1, bytesField(bytes), ...(first === 0x82 ? [1] : [])]);
      return [
        ...['', 'a#', '#/a', 'a/#/b', 'a+', '+a', 'a+/b', '++'].map(
          (wrong): Forbidden => [`${kind} of filter "${wrong}"`, of(Buffer.from(wrong)), 'filter-malformed'],
        ),
        [`${kind} of an ill-formed filter`, of(ILL_FORMED), 'text-malformed'],
        [`${kind} of a filter with U+0000`, of(WITH_NULL), 'text-null'],
      ];
    }),
    ['PINGREQ with a body', Buffer.from([0xc0, 1, 0]), 'packet-malformed'],
    ['DISCONNECT with a body', Buffer.from([0xe0, 1, 0]), 'packet-malformed'],
  ];
}
