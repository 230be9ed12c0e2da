/** A real broker in memory with the identities of one home. */
import { startBroker } from '../../../broker/src/server/start-broker.ts';
import { MqttBus, type MqttBusOptions } from '../../src/link/mqtt-bus.ts';

export const BOARD = 'esp12f-a4cf12000001';
export const METER = 'load-meter';
export const SECRETS = {
  [BOARD]: 'board-secret-of-22-chars-00',
  [METER]: 'meter-secret-of-22-chars-00',
  'edge-home-1': 'edge-secret-of-22-chars-000',
  'home-1': 'site-secret-of-22-chars-000',
  portal: 'portal-secret-of-22-chars-0',
  tablet: 'tablet-secret-of-22-chars-0',
  operator: 'operator-secret-of-22-chars',
} as const;
export type IdentityId = keyof typeof SECRETS;

export interface HomeBroker {
  readonly url: string;
  readonly port: number;
  bus(id: IdentityId, more?: Partial<MqttBusOptions>): MqttBus;
  close(): Promise<void>;
}

export async function homeBroker(port = 0): Promise<HomeBroker> {
  const broker = await startBroker({
    host: '127.0.0.1',
    port,
    credentials: [
      { id: BOARD, role: 'board', secret: SECRETS[BOARD] },
      { id: METER, role: 'meter', secret: SECRETS[METER] },
      {
        id: 'edge-home-1',
        role: 'edge',
        secret: SECRETS['edge-home-1'],
        bindings: { siteId: ['home-1'], boardId: [BOARD], meterId: [METER] },
      },
      { id: 'home-1', role: 'site', secret: SECRETS['home-1'] },
      { id: 'portal', role: 'portal', secret: SECRETS.portal },
      { id: 'operator', role: 'operator', secret: SECRETS.operator },
      { id: 'tablet', role: 'installer', secret: SECRETS.tablet, bindings: { siteId: ['home-1'] } },
    ],
  });
  const url = `mqtt://127.0.0.1:${broker.port}`;
  return {
    url,
    port: broker.port,
    bus: (id, more = {}) =>
      new MqttBus({
        url,
        credential: { id, secret: SECRETS[id] },
        backoffMs: { first: 20, longest: 50 },
        publishTimeoutMs: 1_000,
        ...more,
      }),
    close: () => broker.close(),
  };
}
