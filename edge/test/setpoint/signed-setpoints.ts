/** A portal's pen for the tests: signs set-points the way the wire says. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import { parseMessage } from '@wattward/broker/wire/message';
import type { Setpoint } from '@wattward/broker/wire/setpoint';
import type { ParsedSetpoint, VerifyPorts } from '../../src/setpoint/verify.ts';
import { isSignedBy } from '../../src/verify-ed25519.ts';

export const T0 = Date.parse('2026-11-21T12:00:00.000Z');
export const HOUR_MS = 3_600_000;

export const pen = generateKeyPairSync('ed25519');
export const strangersPen = generateKeyPairSync('ed25519');

export interface Draft {
  id: string;
  seq: number;
  site: string;
  challenge: string;
  kind: string;
  value: object;
  notBefore: string;
  expires: string;
}

export function draft(change: Partial<Draft> = {}): Draft {
  return {
    id: 'proposal-1',
    seq: 1,
    site: 'home-1',
    challenge: 'boot-1',
    kind: 'peak-threshold',
    value: { watts: 7000 },
    notBefore: new Date(T0 - 60_000).toISOString(),
    expires: new Date(T0 + HOUR_MS).toISOString(),
    ...change,
  };
}

export function signed(change: Partial<Draft> = {}, key: KeyObject = pen.privateKey): string {
  const unsigned = {
    v: 1,
    ...draft(change),
    issuer: 'mara@example.org',
    approver: 'otto@example.org',
    expectedSaving: null,
  };
  const signature = sign(null, Buffer.from(canonicalJson(unsigned)), key).toString('base64url');
  return JSON.stringify({ ...unsigned, signature });
}

export const ports: VerifyPorts = {
  parse: (text): ParsedSetpoint => {
    const parsed = parseMessage('siteSetpoint', text);
    return parsed.ok ? { ok: true, message: parsed.message as Setpoint } : parsed;
  },
  isSigned: (message) => isSignedBy([pen.publicKey], message),
};

export const BOUNDS = {
  'peak-threshold': { min: 5000, max: 12_000 },
  'battery-reserve': { min: 5, max: 80 },
} as const;
