'use client';

import { Button, CopyButton, Stack, TextInput } from '@mantine/core';
import { useTranslations } from 'next-intl';
import { Glyph } from '../shell/glyph.tsx';

export function CopyLink({ link }: { readonly link: string }) {
  const t = useTranslations('people');
  return (
    <Stack gap="xs" mt="sm">
      <TextInput
        readOnly
        aria-label={t('link')}
        value={link}
        onFocus={(event) => event.currentTarget.select()}
        data-testid="invitation-link"
      />
      <CopyButton value={link}>
        {({ copied, copy }) => (
          <Button variant="default" onClick={copy} leftSection={<Glyph name="copy" size={16} />}>
            {t(copied ? 'copied' : 'copy')}
          </Button>
        )}
      </CopyButton>
    </Stack>
  );
}
