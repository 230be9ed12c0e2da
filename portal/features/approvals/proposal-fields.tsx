'use client';

import { NumberInput, Select, Switch } from '@mantine/core';
import type { SiteDescription } from '@wattward/broker/wire/site';
import { useTranslations } from 'next-intl';
import type { Quantities } from '../format/quantity.ts';
import {
  type Answers,
  type ChoiceField,
  type Mistake,
  type NumberField,
  PROPOSAL_KINDS,
  type ProposalField,
  type ProposalKind,
  shownBound,
} from './proposal-kinds.ts';

interface FieldsProps {
  readonly kind: ProposalKind;
  readonly answers: Answers;
  readonly mistakes: Readonly<Record<string, Mistake>>;
  readonly description: SiteDescription;
  readonly quantities: Quantities;
  readonly onAnswer: (name: string, value: Answers[string]) => void;
}

/** One input for each part of the value; the installer's bounds stand beside it. */
export function ProposalFields(props: FieldsProps) {
  return PROPOSAL_KINDS[props.kind].map((field) => (
    <FieldInput key={`${props.kind} ${field.name}`} field={field} {...props} />
  ));
}

type InputProps<F> = FieldsProps & { readonly field: F };

function FieldInput({ field, ...props }: InputProps<ProposalField>) {
  switch (field.type) {
    case 'number':
      return <NumberAnswer field={field} {...props} />;
    case 'choice':
      return <ChoiceAnswer field={field} {...props} />;
    case 'switch':
      return <SwitchAnswer name={field.name} {...props} />;
  }
}

const NUMBER_LABELS = {
  watts: 'fieldWatts',
  pct: 'fieldPct',
  onPct: 'fieldOnPct',
  offPct: 'fieldOffPct',
  limitW: 'fieldLimitW',
} as const;
const CHOICE_LABELS = {
  battery: 'fieldBattery',
  mode: 'fieldMode',
  load: 'fieldLoad',
  policy: 'fieldPolicy',
} as const;

function NumberAnswer(props: InputProps<NumberField>) {
  const { field, answers, mistakes, description, quantities, onAnswer } = props;
  const t = useTranslations('propose');
  const given = description.bounds[field.bound];
  const { min, max, preset } = given ? shownBound(field, given) : { min: 0, max: 0, preset: 0 };
  const text = (shown: number) =>
    field.unit === 'kW' ? quantities.limitKw(shown * field.perShown) : quantities.percent(shown);
  const limits = { min: text(min), max: text(max), preset: text(preset) };
  const mistake = mistakes[field.name];
  const label = NUMBER_LABELS[field.name as keyof typeof NUMBER_LABELS];
  const answer = answers[field.name];
  return (
    <NumberInput
      label={t(label, { unit: field.unit })}
      description={field.optional ? `${t('bounds', limits)} ${t('optional')}` : t('bounds', limits)}
      error={mistake ? t(mistake, limits) : null}
      value={typeof answer === 'number' || typeof answer === 'string' ? answer : ''}
      onChange={(value) => onAnswer(field.name, value === '' ? null : value)}
      step={field.step}
      decimalScale={field.digits}
      suffix={` ${field.unit}`}
      allowNegative={false}
      clampBehavior="none"
      data-testid={PROPOSAL_KINDS[props.kind][0] === field ? 'proposal-value' : `proposal-${field.name}`}
    />
  );
}

function ChoiceAnswer({ field, answers, mistakes, description, onAnswer }: InputProps<ChoiceField>) {
  const t = useTranslations();
  const nameOf = (value: string): string => {
    switch (field.name) {
      case 'mode':
        return t(`batteryMode.${value as 'hold'}`);
      case 'policy':
        return t(`planPolicy.${value as 'auto'}`);
      case 'battery':
        return description.batteries.find(({ id }) => id === value)?.name ?? value;
      case 'load':
        return description.loads.find(({ id }) => id === value)?.name ?? value;
    }
  };
  const answer = answers[field.name];
  return (
    <Select
      label={t(`propose.${CHOICE_LABELS[field.name]}`)}
      data={(description.choices?.[field.choices] ?? []).map((value) => ({ value, label: nameOf(value) }))}
      value={typeof answer === 'string' ? answer : null}
      onChange={(value) => onAnswer(field.name, value)}
      placeholder={field.optional ? t('propose.all') : undefined}
      error={mistakes[field.name] ? t('propose.choose') : null}
      clearable={field.optional}
      allowDeselect={field.optional}
      data-testid={`proposal-${field.name}`}
    />
  );
}

function SwitchAnswer({ name, answers, onAnswer }: FieldsProps & { readonly name: string }) {
  const t = useTranslations('propose');
  return (
    <Switch
      label={t('fieldOn')}
      checked={answers[name] === true}
      onChange={(event) => onAnswer(name, event.currentTarget.checked)}
      data-testid={`proposal-${name}`}
    />
  );
}
