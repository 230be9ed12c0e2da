'use client';

import { Button, Group, Modal, Stack, Textarea } from '@mantine/core';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import type { ProposalAct } from './use-proposals.ts';

export interface ReasonDialogProps {
  readonly act: ProposalAct;
  readonly onCancel: () => void;
  readonly onGiven: (reason: string) => void;
}

/** Asks why: whoever proposed it, and whoever reads the audit later, should not have to guess. */
export function ReasonDialog({ act, onCancel, onGiven }: ReasonDialogProps) {
  const t = useTranslations('approvals');
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const missing = act === 'reject' && reason.trim() === '';
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!missing) onGiven(reason.trim());
  };
  return (
    <Modal
      opened
      onClose={onCancel}
      title={t(`${act}-title`)}
      centered
      radius="lg"
      closeButtonProps={{ 'aria-label': t('close') }}
    >
      <form onSubmit={onSubmit} noValidate>
        <Stack gap="md">
          <Textarea
            label={t('reason')}
            description={act === 'reject' ? null : t('reasonOptional')}
            value={reason}
            onChange={(event) => setReason(event.currentTarget.value)}
            error={tried && missing ? t('reasonMissing') : null}
            maxLength={500}
            autosize
            minRows={3}
            data-autofocus
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={onCancel}>
              {t('cancel')}
            </Button>
            <Button type="submit">{t(act)}</Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
