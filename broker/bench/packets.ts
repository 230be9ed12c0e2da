/** MQTT packets as bytes, for clients that no library would let behave like this. */

export interface Login {
  readonly id: string;
  readonly secret: string;
}

/** A string with its length in two bytes [MQTT 3.1.1, 1.5.3]. */
export function field(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/** Fixed header with its length in one to four digits of base 128 [MQTT 3.1.1, 2.2.3]. */
export function packet(firstByte: number, body: Buffer): Buffer {
  const digits: number[] = [];
  let left = body.length;
  do {
    const digit = left % 128;
    left = Math.floor(left / 128);
    digits.push(left > 0 ? digit | 128 : digit);
  } while (left > 0);
  return Buffer.concat([Buffer.from([firstByte, ...digits]), body]);
}

export function connectPacket(login: Login, clientId = login.id): Buffer {
  const head = Buffer.concat([field('MQTT'), Buffer.from([4, 0b1100_0010, 0, 60])]);
  return packet(0x10, Buffer.concat([head, field(clientId), field(login.id), field(login.secret)]));
}

/** A CONNECT without name or secret. */
export function anonymousConnectPacket(clientId: string): Buffer {
  return packet(0x10, Buffer.concat([field('MQTT'), Buffer.from([4, 2, 0, 60]), field(clientId)]));
}

export function publishPacket(topic: string, payload: Buffer, qos1MessageId?: number): Buffer {
  if (qos1MessageId === undefined) return packet(0x30, Buffer.concat([field(topic), payload]));
  const id = Buffer.from([qos1MessageId >> 8, qos1MessageId & 255]);
  return packet(0x32, Buffer.concat([field(topic), id, payload]));
}

/** A QoS 2 PUBLISH whose second half never follows. */
export function halfPublishPacket(messageId: number, topic: string, payload: string): Buffer {
  const id = Buffer.from([messageId >> 8, messageId & 255]);
  return packet(0x34, Buffer.concat([field(topic), id, Buffer.from(payload)]));
}

export function subscribePacket(messageId: number, filters: readonly string[], qos: 0 | 1 = 0): Buffer {
  const each = filters.map((filter) => Buffer.concat([field(filter), Buffer.from([qos])]));
  return packet(0x82, Buffer.concat([Buffer.from([messageId >> 8, messageId & 255]), ...each]));
}

export const PINGREQ = Buffer.from([0xc0, 0]);
