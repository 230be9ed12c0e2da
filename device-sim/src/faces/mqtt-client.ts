/** A connection to the broker with an identity's own secret. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import * as z from 'zod';

const credential = z.object({ id: z.string(), secret: z.string().min(1) });

export interface Will {
  readonly topic: string;
  readonly payload: string;
}

export class CredentialError extends Error {
  readonly code = 'no-credential';
  readonly remedy = 'Create it with `npm run broker -- user add`, or start the home with `npm start`.';
}

/** @throws CredentialError when there is no such file or it does not hold a credential. */
export function connectAs(url: string, secretsDir: string, identity: string, will?: Will): MqttClient {
  return connectWith(url, readCredential(secretsDir, identity), will);
}

export interface Credential {
  readonly id: string;
  readonly secret: string;
}

export function connectWith(url: string, { id, secret }: Credential, will?: Will): MqttClient {
  return mqtt.connect(url, {
    clientId: id,
    username: id,
    password: secret,
    protocolVersion: 4,
    clean: true,
    keepalive: 30,
    connectTimeout: 5_000,
    reconnectPeriod: 1_000,
    // What could not be said in time is not said at all: a late state is a lie.
    queueQoSZero: false,
    ...(will
      ? { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true } }
      : {}),
  });
}

/** What a board keeps once it was claimed. */
export function keepSecret(secretsDir: string, identity: string, secret: string): void {
  const text = JSON.stringify({ id: identity, role: 'board', secret });
  writeFileSync(path.join(secretsDir, `${identity}.json`), `${text}\n`, { mode: 0o600 });
}

/** @throws CredentialError */
export function readCredential(secretsDir: string, identity: string): Credential {
  const file = path.join(secretsDir, `${identity}.json`);
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new CredentialError(`The credential of ${identity} cannot be read from ${file}.`, { cause });
  }
  const found = credential.safeParse(data);
  if (!found.success) throw new CredentialError(`${file} holds no credential (id and secret).`);
  return found.data;
}
