/**
 * Each kind of set-point a person may propose: how its value is typed, bounded and sent. The wire counts in W and
 * percent; the form in kW and percent. Bounds are the installer's, from the site's description.
 */
import type { Bound } from '@wattward/broker/wire/site';
import type { ProposalInput } from '../../contract/api.ts';

export type ProposalKind = ProposalInput['kind'];

interface KindOfProposal {
  readonly unit: string;
  readonly perShown: number;
  readonly digits: number;
  readonly step: number;
  readonly value: (amount: number) => ProposalInput['value'];
}

export const PROPOSAL_KINDS: Readonly<Record<ProposalKind, KindOfProposal>> = {
  'peak-threshold': { unit: 'kW', perShown: 1000, digits: 2, step: 0.5, value: (watts) => ({ watts }) },
  'battery-reserve': { unit: '%', perShown: 1, digits: 0, step: 5, value: (pct) => ({ pct }) },
};

export interface ShownBound {
  readonly min: number;
  readonly max: number;
  readonly preset: number;
}

/** Bounds as they are shown in the form. */
export function shownBound(kind: ProposalKind, bound: Bound): ShownBound {
  const { perShown } = PROPOSAL_KINDS[kind];
  return { min: bound.min / perShown, max: bound.max / perShown, preset: bound.default / perShown };
}

/** The typed amount as the wire counts it. */
export function proposedValue(kind: ProposalKind, shown: number): ProposalInput['value'] {
  const { perShown, value } = PROPOSAL_KINDS[kind];
  return value(Math.round(shown * perShown * 1000) / 1000);
}

export type AmountMistake = 'missing' | 'too-low' | 'too-high';

export function amountMistake(shown: number | null, bound: ShownBound): AmountMistake | null {
  if (shown === null || !Number.isFinite(shown)) return 'missing';
  if (shown < bound.min) return 'too-low';
  return shown > bound.max ? 'too-high' : null;
}
