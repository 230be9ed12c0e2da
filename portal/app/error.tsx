'use client';

import { Button, Stack, Text, Title } from '@mantine/core';
import { useTranslations } from 'next-intl';

export default function PageError({ error, reset }: { readonly error: Error; readonly reset: () => void }) {
  const t = useTranslations('error');
  return (
    <Stack align="flex-start" gap="md" p="xl" maw={560} mx="auto" mt="10vh" role="alert">
      <Title order={1} size="h2">
        {t('title')}
      </Title>
      <Text c="dimmed">{t('lead')}</Text>
      <Text size="sm" c="dimmed" ff="monospace">
        {error.message}
      </Text>
      <Button onClick={reset}>{t('again')}</Button>
    </Stack>
  );
}
