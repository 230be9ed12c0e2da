'use client';

import { Button, Select, Stack, Textarea } from '@mantine/core';
import type { SiteDescription } from '@wattward/broker/wire/site';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { useQuantities } from '../format/use-quantities.ts';
import { useLiveSite } from '../live/live-site.tsx';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { Notice } from '../shell/notice.tsx';
import { ProposalFields } from './proposal-fields.tsx';
import {
  type Answers,
  mistakesIn,
  offeredKinds,
  type ProposalKind,
  proposedValue,
} from './proposal-kinds.ts';
import { usePropose } from './use-proposals.ts';

const DURATIONS_MIN = [60, 240, 720, 1440, 10_080] as const;
const DEFAULT_DURATION_MIN = 1440;

/** Asks for one change of what the site does. The installer's bounds stand beside the field. */
export function ProposeForm() {
  const t = useTranslations('propose');
  const { description } = useLiveSite().page;
  const kinds = description ? offeredKinds(description) : [];
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
  const [answers, setAnswers] = useState<Answers>({});
  const [durationMinutes, setDurationMinutes] = useState<number>(DEFAULT_DURATION_MIN);
  const [note, setNote] = useState('');
  const [shownMistakes, setShownMistakes] = useState(false);
  const mistakes = mistakesIn(kind, answers, description);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setShownMistakes(true);
    const value = proposedValue(kind, answers);
    if (Object.keys(mistakes).length > 0 || !value) return;
    propose.mutate(
      { kind, value, durationMinutes, note: note.trim() },
      {
        onSuccess: () => {
          setAnswers({});
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
            setAnswers({});
            setShownMistakes(false);
          }}
          allowDeselect={false}
        />
        <ProposalFields
          {...{ kind, answers, description, quantities }}
          mistakes={shownMistakes ? mistakes : {}}
          onAnswer={(name, value) => setAnswers((before) => ({ ...before, [name]: value }))}
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
