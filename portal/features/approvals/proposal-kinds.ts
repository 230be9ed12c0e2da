/**
 * Each kind of set-point a person may propose, as the fields of its form. The wire counts in W and percent; the form
 * in kW and percent. Bounds and choices are the installer's, from the site's description.
 */
import { SETPOINT_VALUES, type SetpointKind } from '@wattward/broker/wire/setpoint';
import type { Bound, SiteDescription } from '@wattward/broker/wire/site';
import type { ProposalInput } from '../../contract/api.ts';

export type ProposalKind = SetpointKind;

export interface NumberField {
  readonly type: 'number';
  readonly name: string;
  /** Where its bound stands in the description. */
  readonly bound: string;
  readonly unit: 'kW' | '%';
  readonly perShown: number;
  readonly digits: number;
  readonly step: number;
  /** May be left empty: then there is no such limit. */
  readonly optional: boolean;
}
export interface ChoiceField {
  readonly type: 'choice';
  readonly name: 'battery' | 'mode' | 'load' | 'policy';
  /** Where its choices stand in the description. */
  readonly choices: string;
  /** May be left open: then it is meant for all. */
  readonly optional: boolean;
}
export interface SwitchField {
  readonly type: 'switch';
  readonly name: string;
}
export type ProposalField = NumberField | ChoiceField | SwitchField;

const kw = (name: string, bound: string, optional = false): NumberField => ({
  ...{ type: 'number', name, bound, optional },
  ...{ unit: 'kW', perShown: 1000, digits: 2, step: 0.5 },
});
const percent = (name: string, bound: string): NumberField => ({
  ...{ type: 'number', name, bound, optional: false },
  ...{ unit: '%', perShown: 1, digits: 0, step: 5 },
});
const choice = (name: ChoiceField['name'], choices: string, optional = false): ChoiceField => ({
  ...{ type: 'choice', name, choices, optional },
});

export const PROPOSAL_KINDS: Readonly<Record<ProposalKind, readonly ProposalField[]>> = {
  'peak-threshold': [kw('watts', 'peak-threshold')],
  'battery-reserve': [percent('pct', 'battery-reserve')],
  'hysteresis-bounds': [
    percent('onPct', 'hysteresis-bounds.onPct'),
    percent('offPct', 'hysteresis-bounds.offPct'),
  ],
  'import-limit': [kw('watts', 'import-limit')],
  'export-limit': [kw('watts', 'export-limit')],
  'battery-mode': [
    choice('mode', 'battery-mode.mode'),
    choice('battery', 'battery-mode.battery', true),
    kw('limitW', 'battery-mode.limitW', true),
  ],
  load: [choice('load', 'load.load'), { type: 'switch', name: 'on' }],
  policy: [choice('policy', 'policy.policy')],
};

type Offer = Pick<SiteDescription, 'bounds' | 'choices'>;
/** What is typed and chosen so far, by field; numbers as they are shown. */
export type Answers = Readonly<Record<string, number | string | boolean | null>>;

/** The kinds whose every needed field has a bound or choices at this site. */
export function offeredKinds({ bounds, choices = {} }: Offer): ProposalKind[] {
  const has = (field: ProposalField) =>
    field.type === 'switch' ||
    field.optional ||
    (field.type === 'number' ? field.bound in bounds : (choices[field.choices]?.length ?? 0) > 0);
  return (Object.keys(PROPOSAL_KINDS) as ProposalKind[]).filter((kind) => PROPOSAL_KINDS[kind].every(has));
}

export interface ShownBound {
  readonly min: number;
  readonly max: number;
  readonly preset: number;
}

/** Bounds as they are shown in the form. */
export function shownBound({ perShown }: NumberField, bound: Bound): ShownBound {
  return { min: bound.min / perShown, max: bound.max / perShown, preset: bound.default / perShown };
}

/** The answers as the wire counts them; null while they are none of its values. */
export function proposedValue(kind: ProposalKind, answers: Answers): ProposalInput['value'] | null {
  const value = Object.fromEntries(
    PROPOSAL_KINDS[kind].map((field) => {
      const given = answers[field.name] ?? (field.type === 'switch' ? false : null);
      return [field.name, field.type === 'number' && typeof given === 'number' ? exact(field, given) : given];
    }),
  );
  const read = SETPOINT_VALUES[kind].safeParse(value);
  return read.success ? read.data : null;
}

function exact({ perShown }: NumberField, shown: number): number {
  return Math.round(shown * perShown * 1000) / 1000;
}

export type Mistake = 'missing' | 'too-low' | 'too-high' | 'choose' | 'crossed';

/** What is wrong with each field, by its name; empty when the proposal can go out. */
export function mistakesIn(kind: ProposalKind, answers: Answers, offer: Offer): Record<string, Mistake> {
  const found: Record<string, Mistake> = {};
  for (const field of PROPOSAL_KINDS[kind]) {
    const given = answers[field.name] ?? null;
    const mistake = mistakeIn(field, given === '' ? null : given, offer);
    if (mistake) found[field.name] = mistake;
  }
  const last = PROPOSAL_KINDS[kind].at(-1);
  if (last && Object.keys(found).length === 0 && !proposedValue(kind, answers)) found[last.name] = 'crossed';
  return found;
}

function mistakeIn(field: ProposalField, given: Answers[string], offer: Offer): Mistake | null {
  if (field.type === 'switch') return null;
  if (given === null) {
    if (field.optional) return null;
    return field.type === 'number' ? 'missing' : 'choose';
  }
  if (field.type === 'choice') return null;
  const bound = offer.bounds[field.bound];
  if (typeof given !== 'number' || !Number.isFinite(given) || !bound) return 'missing';
  const { min, max } = shownBound(field, bound);
  if (given < min) return 'too-low';
  return given > max ? 'too-high' : null;
}
