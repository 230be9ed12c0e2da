/** Routes about what was: history, decisions, files of both. */
import { decisionCsv } from '../decisions/decision-csv.ts';
import { decisionPage } from '../decisions/decision-pages.ts';
import { isDay, localDay, monthRange } from '../history/day.ts';
import { EXPORT_FORMATS, exportedPieces } from '../history/export.ts';
import { DAY_FIELDS, historyDay } from '../history/history-day.ts';
import { historyRange, type RangeInput } from '../history/history-range.ts';
import { parseDecisionCursor } from '../history/store.ts';
import { ProblemError } from '../problems/problem.ts';
import type { SiteCall } from './call.ts';
import { fileResponse } from './download.ts';
import { json } from './http.ts';

const LONGEST_RANGE_MS = 11 * 366 * 86_400_000;
const LAST_MS = Date.parse('2262-01-01T00:00:00Z');
const MOST_FIELDS = 24;

export async function showDay({ portal, site, query }: SiteCall): Promise<Response> {
  const day = query.get('day') ?? undefined;
  if (day !== undefined && !isDay(day)) throw new ProblemError('bad-request', 'day: must be YYYY-MM-DD');
  const at = { id: site.id, zone: site.zone, nowMs: portal.hub.siteNowMs(site.id) };
  return json(await historyDay(portal.history, at, day));
}

export async function showRange(call: SiteCall): Promise<Response> {
  return json(await historyRange(call.portal.history, rangeOf(call)));
}

export async function exportRange(call: SiteCall): Promise<Response> {
  const { portal, site, query } = call;
  const format = EXPORT_FORMATS.find((known) => known === (query.get('format') ?? 'wide'));
  if (!format) throw new ProblemError('bad-request', `format: must be one of ${EXPORT_FORMATS.join(', ')}`);
  const range = rangeOf(call);
  const stepMs = await portal.history.finestStepMs(site.id, range.fromMs);
  const fromMs = Math.floor(range.fromMs / stepMs) * stepMs;
  const pieces = exportedPieces(portal.history, { ...range, fromMs, stepMs, format });
  const name = `${site.id}-${new Date(fromMs).toISOString().slice(0, 10)}`;
  return await fileResponse(call.caller.id, pieces, format === 'line' ? `${name}.lp` : `${name}.csv`);
}

function rangeOf({ site, query }: SiteCall): RangeInput {
  const [fromMs, toMs] = ['from', 'to'].map((name) => Date.parse(query.get(name) ?? ''));
  const isRange =
    fromMs !== undefined && toMs !== undefined && fromMs >= 0 && fromMs < toMs && toMs < LAST_MS;
  if (!isRange || toMs - fromMs > LONGEST_RANGE_MS) {
    throw new ProblemError(
      'bad-request',
      'from, to: must be instants such as 2026-06-10T06:00:00Z, in order',
    );
  }
  const fields = query.get('fields')?.split(',') ?? [...DAY_FIELDS];
  if (fields.length > MOST_FIELDS || !fields.every((field) => /^[A-Za-z0-9]{1,40}$/.test(field))) {
    throw new ProblemError(
      'bad-request',
      `fields: must be at most ${MOST_FIELDS} names, separated by commas`,
    );
  }
  return { site: site.id, fields: [...new Set(fields)], fromMs, toMs };
}

export async function listDecisions({ portal, site, query }: SiteCall): Promise<Response> {
  const before = query.get('before') ?? undefined;
  const actuator = query.get('actuator') ?? undefined;
  if (before !== undefined && !parseDecisionCursor(before)) {
    throw new ProblemError('bad-request', 'before: must be the `next` of an earlier page');
  }
  const { description } = portal.hub.site(site.id);
  const page = await decisionPage(
    portal.history,
    { id: site.id, description },
    { ...(before === undefined ? {} : { before }), ...(actuator === undefined ? {} : { actuator }) },
  );
  return json(page);
}

export async function exportDecisions(call: SiteCall): Promise<Response> {
  const { portal, site, query } = call;
  const month = query.get('month') ?? localDay(portal.hub.siteNowMs(site.id), site.zone).slice(0, 7);
  const range = monthRange(month, site.zone);
  if (!range) throw new ProblemError('bad-request', 'month: must be YYYY-MM');
  const { description } = portal.hub.site(site.id);
  const lines = decisionCsv(portal.history, { id: site.id, zone: site.zone, description }, range);
  return await fileResponse(call.caller.id, lines, `decisions-${site.id}-${month}.csv`);
}
