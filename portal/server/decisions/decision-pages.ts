/** The decisions of a site as a list to page through, newest first. */
import type { SiteDescription } from '@wattward/broker/wire/site';
import type { DecisionPage } from '../../contract/api.ts';
import { decisionCursor, type HistoryStore } from '../history/store.ts';

const PAGE_ROWS = 50;

export async function decisionPage(
  store: HistoryStore,
  site: { readonly id: string; readonly description: SiteDescription | null },
  query: { readonly before?: string; readonly actuator?: string },
): Promise<DecisionPage> {
  const found = await store.decisions({ ...query, site: site.id, limit: PAGE_ROWS + 1 });
  const rows = found.slice(0, PAGE_ROWS);
  const last = rows.at(-1);
  return {
    rows: rows.map((row) => ({ ...row, actuatorName: actuatorName(row.actuator, site.description) })),
    next: found.length > PAGE_ROWS && last ? decisionCursor(last) : null,
  };
}

/** The name people gave it; the id where the site does not tell (any more). */
export function actuatorName(actuator: string, description: SiteDescription | null): string {
  const [kind, id = ''] = actuator.split(':');
  if (kind === 'home') return description?.name ?? 'home';
  const named = kind === 'load' ? description?.loads : description?.batteries;
  return named?.find((one) => one.id === id)?.name ?? id;
}
