/** The answer to a CONNECT: who the client is, or the one reason why it may not come in. */

import { rulesOf } from '../access/acl.ts';
import { type Credential, matchSecret } from '../access/credential.ts';
import type { CredentialStore } from '../access/credential-store.ts';
import type { BrokerLimits } from './limits.ts';
import type { Refusal } from './refusals.ts';
import type { Session } from './session.ts';

export interface ConnectRequest {
  readonly clientId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly will: { readonly topic: string; readonly retain: boolean } | undefined;
}

export type ConnectAnswer =
  | { readonly ok: true; readonly credential: Credential }
  /** Return code of CONNACK [MQTT 3.1.1, table 3.1]. */
  | { readonly ok: false; readonly why: Refusal; readonly returnCode: 2 | 4 | 5 };

const BLOCK_MS = 60_000;
const MAX_REMEMBERED_FAILURES = 10_000;

interface Failures {
  count: number;
  sinceMs: number;
}

export class Authenticator {
  readonly #store: CredentialStore;
  readonly #limits: BrokerLimits;
  /** Wrong secrets, by address and identity together: nobody can lock a device out from elsewhere. */
  readonly #failures = new Map<string, Failures>();

  constructor(store: CredentialStore, limits: BrokerLimits) {
    this.#store = store;
    this.#limits = limits;
  }

  answer(session: Session, request: ConnectRequest): ConnectAnswer {
    const identity = request.username ?? session.certificate?.commonName ?? '';
    const failuresKey = `${session.address} ${identity}`;
    const nowMs = performance.now();
    if (this.#isBlocked(failuresKey, nowMs)) return refused('blocked', 5);
    const credential = this.#store.get(identity);
    const proof = prove(session, request, credential);
    if (!proof.ok) {
      this.#noteFailure(failuresKey, nowMs);
      return refused(proof.why, 4);
    }
    this.#failures.delete(failuresKey);
    if (request.clientId !== identity) return refused('foreign-client-id', 2);
    const { will } = request;
    const opened = (proof.pending && this.#store.promote(identity)) || proof.credential;
    if (will && !rulesOf(opened).mayPublish(will.topic, will.retain)) return refused('will-denied', 5);
    return { ok: true, credential: opened };
  }

  #isBlocked(key: string, nowMs: number): boolean {
    const failures = this.#failures.get(key);
    if (!failures) return false;
    if (nowMs - failures.sinceMs > BLOCK_MS) {
      this.#failures.delete(key);
      return false;
    }
    return failures.count >= this.#limits.wrongSecretsPerMinute;
  }

  #noteFailure(key: string, nowMs: number): void {
    const failures = this.#failures.get(key);
    if (failures) {
      failures.count += 1;
      return;
    }
    if (this.#failures.size >= MAX_REMEMBERED_FAILURES) this.#failures.clear();
    this.#failures.set(key, { count: 1, sinceMs: nowMs });
  }
}

type Proof =
  | { readonly ok: true; readonly credential: Credential; readonly pending: boolean }
  | { readonly ok: false; readonly why: Refusal };

/** A certificate, where one was shown, must be the identity's own; a secret, where one was sent, must be right. */
function prove({ certificate }: Session, request: ConnectRequest, credential: Credential | undefined): Proof {
  if (certificate) {
    const own =
      credential?.certificate === certificate.fingerprint && credential.id === certificate.commonName;
    if (!own || !credential) return { ok: false, why: 'bad-certificate' };
    if (request.password === undefined) return { ok: true, credential, pending: false };
  }
  const match = matchSecret(credential, request.password ?? '');
  if (!match || !credential) return { ok: false, why: 'bad-credential' };
  return { ok: true, credential, pending: match === 'pending' };
}

function refused(why: Refusal, returnCode: 2 | 4 | 5): ConnectAnswer {
  return { ok: false, why, returnCode };
}
