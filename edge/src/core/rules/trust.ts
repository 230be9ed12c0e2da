/**
 * Rule 1, trust: nobody steers by a meter that cannot be believed.
 *
 * Grid power missing for 10 s: nothing is switched on. For 30 s: discretionary loads off, battery idle (or the mode
 * that commissioning proved safe). Back after enough good samples over enough time. A state of charge that is not
 * known: no discharge on our command. Where the grid is lost its power is known to be zero.
 */
import { capDischarge, chooseMode, forbidOn } from '../binding.ts';
import type { Cycle } from '../cycle.ts';
import type { Reason } from '../decision.ts';
import { programStarted } from '../load-power.ts';
import type { Rule } from '../rule.ts';

export const trust: Rule = { name: 'trust', observe, apply };

function observe(cycle: Cycle): void {
  if (cycle.outage) return;
  const { nowMs } = cycle;
  const { trust: state, startedAtMs } = cycle.state;
  const limits = cycle.settings.trust;
  const signal = cycle.snapshot.grid.powerW;
  if (signal.quality !== 'good') state.goodCount = 0;
  else if (signal.atMs !== state.lastGoodMs) {
    if (state.goodCount === 0) state.goodSinceMs = nowMs;
    state.goodCount++;
    state.lastGoodMs = signal.atMs;
  }
  if (state.goodCount === 0) {
    const silentMs = nowMs - (state.lastGoodMs === 0 ? startedAtMs : state.lastGoodMs);
    if (silentMs >= limits.failsafeMs) state.level = 'failsafe';
    else if (silentMs >= limits.noNewOnMs && state.level === 'trusted') state.level = 'hold';
  } else if (state.level === 'starting') {
    // Fewer after a start: there is nothing yet that could have failed.
    if (state.goodCount >= Math.min(limits.startingSamples, limits.goodSamples)) state.level = 'trusted';
  } else if (state.goodCount >= limits.goodSamples && nowMs - state.goodSinceMs >= limits.goodMs) {
    state.level = 'trusted';
  }
}

function apply(cycle: Cycle): void {
  const { level } = cycle.state.trust;
  if (!cycle.outage && level !== 'trusted') {
    const reason = levelReason(cycle);
    for (const load of cycle.loads) {
      if (level === 'failsafe' && !load.settings.essential && !programStarted(load)) {
        forbidOn(cycle, load, reason, 'firm');
      } else if (!load.was) forbidOn(cycle, load, reason, 'loose');
    }
    for (const battery of cycle.batteries) {
      if (level !== 'failsafe') break;
      chooseMode(cycle, battery, { mode: battery.settings.distrustMode, chargeW: 0, dischargeW: 0 }, reason);
    }
  }
  for (const battery of cycle.batteries) {
    if (battery.reading.socPct.quality !== 'good') capDischarge(cycle, battery, 0, SOC_UNKNOWN);
  }
}

const SOC_UNKNOWN: Reason = { rule: 'trust', code: 'soc-unknown', params: {} };

const LEVEL_CODES = {
  starting: 'trust-starting',
  trusted: 'trust-hold',
  hold: 'trust-hold',
  failsafe: 'trust-failsafe',
} as const;

function levelReason(cycle: Cycle): Reason {
  const { level, lastGoodMs } = cycle.state.trust;
  const sinceMs = lastGoodMs === 0 ? cycle.state.startedAtMs : lastGoodMs;
  const ageS = Math.round((cycle.nowMs - sinceMs) / 1000);
  return { rule: 'trust', code: LEVEL_CODES[level], params: { ageS } };
}
