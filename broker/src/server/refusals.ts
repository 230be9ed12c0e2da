/** Why the broker ends or refuses a connection: a name for the numbers, and a sentence with what to do about it. */
import { VIOLATIONS } from './packet-rules.ts';

export const REFUSALS = {
  ...VIOLATIONS,
  'packet-too-long': 'a packet longer than this identity may send: send less at once',
  'length-malformed': 'the length of a packet has more than four digits [MQTT 3.1.1, 2.2.3]',
  rate: 'more packets or bytes a second than this identity may send: send less often',
  unsent: 'it did not take its messages: look at its network, or subscribe to less',
  'early-data': 'too much was sent before CONNACK: wait for CONNACK',
  'connect-timeout': 'no CONNECT came within five seconds',
  'too-many-connections': 'all places are taken',
  'too-many-pending': 'all places for strangers are taken',
  'connection-rate': 'too many new connections from this address: reconnect less often',
  blocked: 'too many wrong secrets from this address: set the right one and wait a minute',
  'bad-credential': 'no such identity or a wrong secret: set user name and password as "user add" gave them',
  'foreign-client-id': 'the client id is not the user name: set the client id to the same as the user name',
  'bad-certificate': 'not the certificate last issued for this identity: issue one (ca issue) or send none',
  'will-denied':
    'its last will is on a topic it may not publish: set the topic as the README of its kind says',
  'publish-denied':
    'it published what it may not: set the topic as the README of its kind says, and retain nothing',
  'credential-changed': 'the identity was changed or revoked',
  'taken-over': 'a newer connection of the same identity took its place [MQTT-3.1.4-2]',
} as const satisfies Record<string, string>;

export type Refusal = keyof typeof REFUSALS;
