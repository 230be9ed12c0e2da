/** Who made an account, who made that one, ... as it stands in the table. */
import type { PortalDatabase } from '../database/schema.ts';
import { type Account, type Lineage, LONGEST_LINEAGE } from '../rights/kinship.ts';

export async function lineageOf(db: PortalDatabase, personId: string): Promise<Lineage> {
  const found: Account[] = [];
  for (let next: string | null = personId; next !== null && found.length < LONGEST_LINEAGE; ) {
    const row: { invited_by: string | null; created_ms: number } | undefined = await db
      .selectFrom('person')
      .select(['invited_by', 'created_ms'])
      .where('id', '=', next)
      .executeTakeFirst();
    if (!row) break;
    found.push({ id: next, invitedBy: row.invited_by, createdMs: row.created_ms });
    next = row.invited_by;
  }
  return found;
}
