/**
 * One sentence that says what the home does and why, from the live state alone. Normally: who covers the house, and
 * where what is left goes. Whenever the home is not in its normal mode, that mode and its reason come first.
 * Powers in W, positive into the house bus; what is below `NOTICEABLE_W` is measuring noise and stays unsaid.
 */
import { reasonText } from '@wattward/broker/wire/reasons';
import type { Allocation, SiteState } from '@wattward/broker/wire/site';
import type messages from '../../messages/en.json';
import { asSentence } from '../format/prose.ts';
import type { Quantities } from '../format/quantity.ts';

export type SentenceKey = keyof (typeof messages)['sentence'];

export interface Speech {
  readonly language: 'en' | 'de';
  readonly translate: (key: SentenceKey, values?: Record<string, string | number>) => string;
  readonly quantities: Quantities;
}

const NOTICEABLE_W = 50;
const FULL_PCT = 99.5;

export function sentenceOf(state: SiteState, speech: Speech): string {
  switch (state.mode) {
    case 'normal':
      return normalSentence(state, speech);
    case 'peak':
      return peakSentence(state, speech);
    case 'outage':
    case 'limited':
    case 'degraded':
    case 'manual':
      return asSentence(reasonText(state.reason, speech.language));
  }
}

/** The second line: in a quiet home why the battery does what it does, otherwise who supplies it meanwhile. */
export function becauseOf(state: SiteState, speech: Speech): string | null {
  if (state.mode !== 'normal') return state.allocation ? normalSentence(state, speech) : null;
  const battery = state.batteries[0];
  return battery ? asSentence(`${battery.name}: ${reasonText(battery.reason, speech.language)}`) : null;
}

function normalSentence(state: SiteState, { translate, quantities }: Speech): string {
  const flows = state.allocation;
  if (!flows) return translate('no-readings');
  const cover = translate(coverKey(flows), {
    grid: quantities.powerKw(flows.gridToLoadW, 1),
    battery: quantities.powerKw(flows.batteryToLoadW, 1),
  });
  const rest = restKey(flows, state.batterySocPct);
  if (!rest) return translate('one', { cover });
  const more = translate(rest, {
    charge: quantities.powerKw(flows.solarToBatteryW, 1),
    export: quantities.powerKw(flows.solarToGridW, 1),
    gridCharge: quantities.powerKw(flows.gridToBatteryW, 1),
    sold: quantities.powerKw(flows.batteryToGridW, 1),
  });
  return translate('two', { cover, rest: more });
}

function coverKey(flows: Allocation): SentenceKey {
  const solar = flows.solarToLoadW >= NOTICEABLE_W;
  const battery = flows.batteryToLoadW >= NOTICEABLE_W;
  const grid = flows.gridToLoadW >= NOTICEABLE_W;
  if (solar && battery && grid) return 'cover-all';
  if (solar && battery) return 'cover-solar-battery';
  if (solar && grid) return 'cover-solar-grid';
  if (battery && grid) return 'cover-battery-grid';
  if (solar) return 'cover-solar';
  if (battery) return 'cover-battery';
  return grid ? 'cover-grid' : 'cover-none';
}

function restKey(flows: Allocation, socPct: number | null): SentenceKey | null {
  const charge = flows.solarToBatteryW >= NOTICEABLE_W;
  const exported = flows.solarToGridW >= NOTICEABLE_W;
  if (charge && exported) return 'rest-charge-export';
  if (charge) return 'rest-charge';
  if (exported) return socPct !== null && socPct >= FULL_PCT ? 'rest-export-full' : 'rest-export';
  if (flows.gridToBatteryW >= NOTICEABLE_W) return 'rest-grid-charge';
  return flows.batteryToGridW >= NOTICEABLE_W ? 'rest-sold' : null;
}

function peakSentence(state: SiteState, { language, translate, quantities }: Speech): string {
  const { demandW, thresholdW, shedLoads } = state.peak;
  const names = shedLoads
    .map((id) => state.loads.find((load) => load.id === id)?.name ?? id)
    .map((name) => translate('quoted', { name }));
  const values = {
    demand: quantities.powerKw(demandW, 1),
    threshold: quantities.limitKw(thresholdW),
    loads: new Intl.ListFormat(language, { type: 'conjunction' }).format(names),
    count: names.length,
  };
  const above = demandW !== null && demandW > thresholdW;
  if (names.length > 0) return translate(above ? 'peak-shed' : 'peak-waiting', values);
  return translate(above ? 'peak-above' : 'peak-ending', values);
}
