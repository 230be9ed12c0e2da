/** A real broker on a free port, with credentials for a home's boards and meters, and for a box. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { startBroker } from '../../../broker/src/server/start-broker.ts';

export interface HomeBus {
  readonly url: string;
  readonly secretsDir: string;
  readonly dataDir: string;
  connectBox(): Promise<MqttClient>;
  connectPortal(): Promise<MqttClient>;
  close(): Promise<void>;
}

const SECRET = 'a-secret-of-22-characters';

export async function openHomeBus(
  boards: readonly string[],
  meters: readonly string[],
  sims: readonly string[] = ['sim-home-1'],
): Promise<HomeBus> {
  const dir = mkdtempSync(path.join(tmpdir(), 'home-bus-'));
  const credentials = [
    ...boards.map((id) => ({ id, role: 'board' as const, secret: SECRET })),
    ...meters.map((id) => ({ id, role: 'meter' as const, secret: SECRET })),
    { id: 'edge-home-1', role: 'edge' as const, secret: SECRET },
    ...sims.map((id) => ({
      id,
      role: 'sim' as const,
      bindings: { siteId: ['home-1'] },
      secret: SECRET,
    })),
    { id: 'portal', role: 'portal' as const, secret: SECRET },
  ];
  for (const { id, role } of credentials) {
    writeFileSync(path.join(dir, `${id}.json`), JSON.stringify({ id, role, secret: SECRET }), {
      mode: 0o600,
    });
  }
  const broker = await startBroker({ credentials, host: '127.0.0.1', port: 0 });
  const url = `mqtt://127.0.0.1:${broker.port}`;
  const clients: MqttClient[] = [];
  const connect = async (id: string) => {
    const client = await mqtt.connectAsync(url, {
      clientId: id,
      username: id,
      password: SECRET,
      protocolVersion: 4,
    });
    clients.push(client);
    return client;
  };
  return {
    url,
    secretsDir: dir,
    dataDir: path.join(dir, 'data'),
    connectBox: () => connect('edge-home-1'),
    connectPortal: () => connect('portal'),
    async close() {
      await Promise.all(clients.map((client) => client.endAsync(true)));
      await broker.close();
      rmSync(dir, { recursive: true });
    },
  };
}
