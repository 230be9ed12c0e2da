/** A real broker with a credential for every box, site, board and meter of a fleet, in a folder of its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startBroker } from '../../../broker/src/server/start-broker.ts';
import { fleetIdentities } from '../../src/fleet/fleet.ts';

const SECRET = 'a-secret-of-22-characters';

export interface FleetBus {
  readonly url: string;
  /** Holds the secrets; room for whatever else a run needs. */
  readonly dir: string;
  close(): Promise<void>;
}

/** @param sites how many: `home-1`, `home-2` and so on */
export async function openFleetBus(homeFile: string, sites: number): Promise<FleetBus> {
  const dir = mkdtempSync(path.join(tmpdir(), 'fleet-'));
  const credentials = Array.from({ length: sites }, (_, i) => `home-${i + 1}`).flatMap((site) => {
    const identities = fleetIdentities(homeFile, site);
    const ids = (role: string) => identities.filter((one) => one.role === role).map(({ id }) => id);
    const bindings = { siteId: [site], boardId: ids('board'), meterId: ids('meter') };
    return identities.map(({ id, role }) => ({
      ...{ id, role, secret: SECRET },
      ...(role === 'edge' ? { bindings } : {}),
    }));
  });
  for (const { id, role } of credentials) {
    const text = JSON.stringify({ id, role, secret: SECRET });
    writeFileSync(path.join(dir, `${id}.json`), text, { mode: 0o600 });
  }
  const broker = await startBroker({ credentials, host: '127.0.0.1', port: 0 });
  return {
    url: `mqtt://127.0.0.1:${broker.port}`,
    dir,
    async close() {
      await broker.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
