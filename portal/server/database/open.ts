import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely, Migrator } from 'kysely';
import { StartError } from '../problems/start-error.ts';
import { NodeSqliteDialect } from './dialect.ts';
import { MIGRATIONS } from './migrations.ts';
import type { PortalDatabase, PortalTables } from './schema.ts';

/**
 * The portal's tables in `<dataDir>/portal.db`, made or brought up to date.
 * @throws StartError when the file cannot be opened or is from a newer portal.
 */
export async function openDatabase(dataDir: string): Promise<PortalDatabase> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'portal.db');
  let db: PortalDatabase | undefined;
  try {
    db = new Kysely<PortalTables>({ dialect: new NodeSqliteDialect(file) });
    const migrator = new Migrator({ db, provider: { getMigrations: async () => ({ ...MIGRATIONS }) } });
    const { error } = await migrator.migrateToLatest();
    if (error) throw error;
    return db;
  } catch (cause) {
    await db?.destroy().catch(() => undefined);
    throw new StartError(
      'database-unusable',
      `the portal's database ${file} cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
      'Put back a backup of the file, or move it away to begin anew.',
      { cause },
    );
  }
}
