'use client';

import { Button, NumberInput, Select, Stack, Textarea } from '@mantine/core';
import type { SiteDescription } from '@wattward/broker/wire/site';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { useQuantities } from '../format/use-quantities.ts';
import { useLiveSite } from '../live/live-site.tsx';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { Notice } from '../shell/notice.tsx';
import {
  amountMistake,
  PROPOSAL_KINDS,
  type ProposalKind,
  proposedValue,
  shownBound,
} from './proposal-kinds.ts';
import { usePropose } from './use-proposals.ts';
import { valueText } from './value-text.ts';

const DURATIONS_MIN = [60, 240, 720, 1440, 10_080] as const;
const DEFAULT_DURATION_MIN = 1440;

/** Asks for one change of what the site does. The installer's bounds stand beside the field. */
export function ProposeForm() {
  const t = useTranslations('propose');
  const { description } = useLiveSite().page;
  const kinds = (Object.keys(PROPOSAL_KINDS) as ProposalKind[]).filter((kind) => description?.bounds[kind]);
  if (!description || kinds.length === 0)
    return <Notice tone="neutral" announce={false} title={t('nothing')} text={t('nothingText')} />;
  return <FormFor kinds={kinds} description={description} />;
}

interface FormForProps {
  readonly kinds: readonly ProposalKind[];
  readonly description: SiteDescription;
}

function FormFor({ kinds, description }: FormForProps) {
  const t = useTranslations();
  const quantities = useQuantities(description.zone);
  const propose = usePropose();
  const [kind, setKind] = useState<ProposalKind>(kinds[0] ?? 'peak-threshold');
  const [amount, setAmount] = useState<number | string>('');
  const [durationMinutes, setDurationMinutes] = useState<number>(DEFAULT_DURATION_MIN);
  const [note, setNote] = useState('');
  const [shownMistakes, setShownMistakes] = useState(false);
  const form = PROPOSAL_KINDS[kind];
  const given = description.bounds[kind];
  const bound = given ? shownBound(kind, given) : { min: 0, max: 0, preset: 0 };
  const mistake = amountMistake(typeof amount === 'number' ? amount : null, bound);
  const limits = {
    min: valueText(proposedValue(kind, bound.min), quantities),
    max: valueText(proposedValue(kind, bound.max), quantities),
    preset: valueText(proposedValue(kind, bound.preset), quantities),
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setShownMistakes(true);
    if (mistake || typeof amount !== 'number') return;
    propose.mutate(
      { kind, value: proposedValue(kind, amount), durationMinutes, note: note.trim() },
      {
        onSuccess: () => {
          setAmount('');
          setNote('');
          setShownMistakes(false);
        },
      },
    );
  };
  return (
    <form onSubmit={onSubmit} aria-label={t('propose.title')} noValidate>
      <Stack gap="md">
        <Select
          label={t('propose.kind')}
          data={kinds.map((value) => ({ value, label: t(`setpointKind.${value}`) }))}
          value={kind}
          onChange={(value) => {
            setKind((value as ProposalKind | null) ?? kind);
            setAmount('');
            setShownMistakes(false);
          }}
          allowDeselect={false}
        />
        <NumberInput
          label={t('propose.value', { unit: form.unit })}
          description={t('propose.bounds', limits)}
          error={shownMistakes && mistake ? t(`propose.${mistake}`, limits) : null}
          value={amount}
          onChange={(value) => setAmount(value)}
          step={form.step}
          decimalScale={form.digits}
          suffix={` ${form.unit}`}
          allowNegative={false}
          clampBehavior="none"
          data-testid="proposal-value"
        />
        <Select
          label={t('propose.duration')}
          data={DURATIONS_MIN.map((minutes) => ({
            value: String(minutes),
            label: t(`propose.minutes-${minutes}`),
          }))}
          value={String(durationMinutes)}
          onChange={(value) => setDurationMinutes(Number(value ?? DEFAULT_DURATION_MIN))}
          allowDeselect={false}
        />
        <Textarea
          label={t('propose.note')}
          description={t('propose.noteHint')}
          value={note}
          onChange={(event) => setNote(event.currentTarget.value)}
          maxLength={500}
          autosize
          minRows={2}
        />
        {propose.error && <FailureNotice error={propose.error} />}
        {propose.isSuccess && <Notice tone="good" title={t('propose.done')} />}
        <Button type="submit" loading={propose.isPending}>
          {t('propose.submit')}
        </Button>
      </Stack>
    </form>
  );
}
