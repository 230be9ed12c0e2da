/** The mode of the home as a whole, and the one sentence that explains it. */
import type { HomeMode } from '@wattward/broker/wire/site';
import type { Cycle } from './cycle.ts';
import type { Reason } from './decision.ts';

/** Below this a flow is not worth naming, watts. */
const NOTICEABLE_W = 50;

export function homeModeOf(cycle: Cycle): HomeMode {
  const { level } = cycle.state.trust;
  if (cycle.outage) return 'outage';
  if (level === 'failsafe' || level === 'hold') return 'degraded';
  if (cycle.state.peak.active) return 'peak';
  if (cycle.limited) return 'limited';
  return cycle.manual ? 'manual' : 'normal';
}

export function homeReason(cycle: Cycle, mode: HomeMode): Reason {
  const { trust, outage, peak } = cycle.state;
  switch (mode) {
    case 'outage':
      return { rule: 'outage', code: 'home-outage', params: { forS: secondsSince(cycle, outage.sinceMs) } };
    case 'degraded': {
      const sinceMs = trust.lastGoodMs === 0 ? cycle.state.startedAtMs : trust.lastGoodMs;
      return { rule: 'trust', code: 'home-degraded', params: { ageS: secondsSince(cycle, sinceMs) } };
    }
    case 'peak': {
      const params = {
        measured: cycle.demandMeanW,
        limit: cycle.settings.peak.thresholdW,
        forS: secondsSince(cycle, peak.sinceMs),
      };
      const code = peak.sinceMs === cycle.nowMs ? 'home-peak-begins' : 'home-peak';
      return { rule: 'peak-watch', code, params };
    }
    case 'limited':
      return { rule: 'operator-limit', code: 'home-limited', params: {} };
    case 'manual':
      return { rule: 'orders', code: 'home-manual', params: {} };
    case 'normal':
      return cycle.state.trust.level === 'starting' ? STARTING : supplyReason(cycle);
  }
}

const STARTING: Reason = { rule: 'start', code: 'starting', params: {} };

/** Who supplies the home right now. */
function supplyReason(cycle: Cycle): Reason {
  const gridW = cycle.gridNowW ?? 0;
  const sunW = Math.max(0, cycle.pvPowerW ?? 0);
  const batteryW = cycle.batteryPowerW ?? 0;
  const params = { gridW: Math.abs(gridW), sunW, batteryW: Math.abs(batteryW) };
  if (gridW < -NOTICEABLE_W) return { rule: 'sources', code: 'home-exports', params };
  if (batteryW < -NOTICEABLE_W && sunW > NOTICEABLE_W)
    return { rule: 'sources', code: 'home-charges', params };
  if (gridW > NOTICEABLE_W && gridW >= sunW && gridW >= batteryW) {
    return { rule: 'sources', code: 'home-grid', params };
  }
  if (batteryW > NOTICEABLE_W && batteryW >= sunW) return { rule: 'sources', code: 'home-battery', params };
  if (sunW > NOTICEABLE_W) return { rule: 'sources', code: 'home-sun', params };
  return { rule: 'sources', code: 'home-rests', params };
}

function secondsSince(cycle: Cycle, sinceMs: number): number {
  return Math.round((cycle.nowMs - sinceMs) / 1000);
}
