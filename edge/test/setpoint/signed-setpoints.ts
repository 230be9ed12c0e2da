/** A portal's pen for the tests: signs set-points the way the wire says. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { Allowance } from '@wattward/broker/wire/allowance';
import { canonicalJson } from '@wattward/broker/wire/canonical-json';
import { parseMessage } from '@wattward/broker/wire/message';
import { LIMIT_KINDS, SETPOINT_KINDS, type Setpoint } from '@wattward/broker/wire/setpoint';
import type { KeyScope, ParsedSetpoint, VerifyPorts } from '../../src/setpoint/verify.ts';
import { isSignedBy } from '../../src/verify-ed25519.ts';

export const T0 = Date.parse('2026-11-21T12:00:00.000Z');
export const HOUR_MS = 3_600_000;

export const pen = generateKeyPairSync('ed25519');
export const operatorsPen = generateKeyPairSync('ed25519');
export const strangersPen = generateKeyPairSync('ed25519');

export interface Draft {
  id: string;
  key: string;
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
    key: 'portal',
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

interface Names {
  readonly issuer: string;
  readonly approver: string;
}

export function signed(change: Partial<Draft & Names> = {}, key: KeyObject = pen.privateKey): string {
  const unsigned = {
    v: 1,
    issuer: 'mara@example.org',
    approver: 'otto@example.org',
    expectedSaving: null,
    ...draft(change),
  };
  const signature = sign(null, Buffer.from(canonicalJson(unsigned)), key).toString('base64url');
  return JSON.stringify({ ...unsigned, signature });
}

/** What an operator of the grid signs. */
export function ordered(change: Partial<Draft> = {}): string {
  const limit = { id: 'limit-000001', key: 'operator', kind: 'import-limit', value: { watts: 4200 } };
  return signed({ ...limit, ...change }, operatorsPen.privateKey);
}

/** The portal may send everything, the operator limits. */
export const KEYS: readonly KeyScope[] = [
  { id: 'portal', kinds: SETPOINT_KINDS },
  { id: 'operator', kinds: LIMIT_KINDS },
];

export const ports: VerifyPorts = {
  parse: (text): ParsedSetpoint => {
    const parsed = parseMessage('siteSetpoint', text);
    return parsed.ok ? { ok: true, message: parsed.message as Setpoint } : parsed;
  },
  isSigned: (message) =>
    isSignedBy(message.key === 'operator' ? operatorsPen.publicKey : pen.publicKey, message),
};

const number = (min: number, max: number, unit: string) => ({ min, max, default: min, unit });
export const ALLOWANCE: Allowance = {
  numbers: {
    'peak-threshold': number(5000, 12_000, 'W'),
    'battery-reserve': number(5, 80, '%'),
    'hysteresis-bounds.onPct': number(10, 90, '%'),
    'hysteresis-bounds.offPct': number(5, 80, '%'),
    'import-limit': number(4200, 17_000, 'W'),
    'export-limit': number(0, 10_000, 'W'),
    'battery-mode.limitW': number(0, 5000, 'W'),
  },
  choices: {
    'battery-mode.battery': ['home-battery'],
    'battery-mode.mode': ['self-consume', 'hold', 'idle', 'discharge-grid'],
    'load.load': ['pool-heater', 'water-heater'],
    'policy.policy': ['advise', 'approve', 'auto'],
  },
};
