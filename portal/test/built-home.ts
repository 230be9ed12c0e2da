/** The built portal with everything around it that is real: a broker, the signing process, a box of few words. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startBroker } from '@wattward/broker/server/start-broker';
import type { AuditRow, Proposal, ProposalStatus } from '../contract/api.ts';
import { type Browser, type BuiltPortal, startBuiltPortal, until } from './built-portal.ts';
import { freePort } from './built-server.ts';
import { SmallBox } from './server/setpoints/small-box.ts';
import { type SignerProcess, startSigner } from './signer-process.ts';

const SECRETS = { portal: 'portal-secret-0123456789', 'home-1': 'site-secret-0123456789' } as const;
export const SITE = '/orgs/north/sites/home-1';
export const PEAK = {
  kind: 'peak-threshold',
  value: { watts: 7000 },
  durationMinutes: 60,
  note: '',
} as const;

export interface BuiltHome {
  readonly portal: BuiltPortal;
  readonly signer: SignerProcess;
  /** Of `home-1`; a new one after `boxReturns`. */
  readonly box: SmallBox;
  brokerLeaves(): Promise<void>;
  brokerReturns(): Promise<void>;
  boxLeaves(): Promise<void>;
  /** Connects again, with the sequence and challenge it had. */
  boxReturns(): Promise<void>;
  stop(): Promise<void>;
}

export async function startBuiltHome(env: Readonly<Record<string, string>> = {}): Promise<BuiltHome> {
  const port = await freePort();
  const url = `mqtt://127.0.0.1:${port}`;
  const openBroker = () =>
    startBroker({
      host: '127.0.0.1',
      port,
      credentials: [
        { id: 'portal', role: 'portal', secret: SECRETS.portal },
        { id: 'home-1', role: 'site', secret: SECRETS['home-1'] },
      ],
    });
  let broker = await openBroker();
  const portal = await startBuiltPortal({ broker: { url, id: 'portal', secret: SECRETS.portal }, env });
  const signer = await startSigner(portal.dataDir, env);
  const connectBox = () =>
    SmallBox.connect({
      url,
      site: 'home-1',
      secret: SECRETS['home-1'],
      publicKeyPem: readFileSync(join(portal.dataDir, 'setpoint-key.pub'), 'utf8'),
      nowMs: Date.now,
    });
  let box = await connectBox();
  return {
    portal,
    signer,
    get box() {
      return box;
    },
    brokerLeaves: () => broker.close(),
    async brokerReturns() {
      broker = await openBroker();
    },
    boxLeaves: () => box.stop(),
    async boxReturns() {
      const { seq, judge } = box;
      box = await connectBox();
      Object.assign(box, { seq, judge });
    },
    async stop() {
      await box.stop();
      await signer.stop();
      await portal.stop();
      await broker.close();
    },
  };
}

export async function propose(by: Browser, change: object = {}): Promise<Proposal> {
  const response = await by.post(`${SITE}/proposals`, { ...PEAK, ...change });
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Proposal;
}

export function act(by: Browser, id: string, action: string, reason?: string): Promise<Response> {
  return by.post(`${SITE}/proposals/${id}/${action}`, reason === undefined ? {} : { reason });
}

export async function find(by: Browser, id: string): Promise<Proposal | undefined> {
  const list = (await (await by.get(`${SITE}/proposals`)).json()) as Proposal[];
  return list.find((proposal) => proposal.id === id);
}

export async function audit(by: Browser): Promise<AuditRow[]> {
  return (await (await by.get(`${SITE}/audit`)).json()) as AuditRow[];
}

/** Waits for it; the box lives meanwhile, so that it counts as online. */
export function reaches(home: BuiltHome, by: Browser, id: string, status: ProposalStatus): Promise<void> {
  return until(async () => {
    await home.box.live().catch(() => undefined);
    return (await find(by, id))?.status === status;
  }, status);
}
