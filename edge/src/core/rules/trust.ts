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
import type { Rule } from '../rule.ts';
import { programStarted } from '../shedding.ts';

/** Good samples wanted after a start: there is nothing yet that could have failed. */
const STARTING_SAMPLES = 3;

export const trust: Rule = { name: 'trust', observe, apply };

function observe(cycle: Cycle): void {
  if (cycle.outage) return;
  const { nowMs } = cycle;
  const { trust: state, startedAtMs } = cycle.state;
  const limits = cycle.settings.trust;
  const signal = cycle.snapshot.grid.powerW;
  if (signal.quality === 'good') {
    if (signal.atMs !== state.lastGoodMs) {
      if (state.goodCount === 0) state.goodSinceMs = nowMs;
      state.goodCount++;
      state.lastGoodMs = signal.atMs;
    }
  } else {
    state.goodCount = 0;
  }
  const silentMs = nowMs - (state.lastGoodMs === 0 ? startedAtMs : state.lastGoodMs);
  if (silentMs >= limits.failsafeMs && state.goodCount === 0) state.level = 'failsafe';
  else if (silentMs >= limits.noNewOnMs && state.goodCount === 0) {
    if (state.level === 'trusted') state.level = 'hold';
  } else if (state.level === 'starting') {
    if (state.goodCount >= Math.min(STARTING_SAMPLES, limits.goodSamples)) state.level = 'trusted';
  } else if (state.level !== 'trusted') {
    const proven = state.goodCount >= limits.goodSamples && nowMs - state.goodSinceMs >= limits.goodMs;
    if (proven && state.goodCount > 0) state.level = 'trusted';
  }
}

function apply(cycle: Cycle): void {
  const { level } = cycle.state.trust;
  if (!cycle.outage && level !== 'trusted') {
    const reason = levelReason(cycle);
    for (let i = 0; i < cycle.loads.length; i++) {
      const load = cycle.loads[i];
      if (level === 'failsafe' && !cycle.settings.loads[i]?.essential && !programStarted(cycle, i)) {
        forbidOn(cycle, i, reason, 'firm');
      } else if (!load?.was) forbidOn(cycle, i, reason, 'loose');
    }
    if (level === 'failsafe') {
      for (let i = 0; i < cycle.batteries.length; i++) {
        const mode = cycle.settings.batteries[i]?.distrustMode ?? 'idle';
        chooseMode(cycle, i, { mode, chargeW: 0, dischargeW: 0 }, reason);
      }
    }
  }
  for (let i = 0; i < cycle.batteries.length; i++) {
    if (cycle.snapshot.batteries[i]?.socPct.quality !== 'good') capDischarge(cycle, i, 0, SOC_UNKNOWN);
  }
}

const SOC_UNKNOWN: Reason = { rule: 'trust', code: 'soc-unknown', params: {} };

function levelReason(cycle: Cycle): Reason {
  const { level, lastGoodMs } = cycle.state.trust;
  const sinceMs = lastGoodMs === 0 ? cycle.state.startedAtMs : lastGoodMs;
  const ageS = Math.round((cycle.nowMs - sinceMs) / 1000);
  if (level === 'starting') return { rule: 'trust', code: 'trust-starting', params: { ageS } };
  if (level === 'hold') return { rule: 'trust', code: 'trust-hold', params: { ageS } };
  return { rule: 'trust', code: 'trust-failsafe', params: { ageS } };
}
