'use client';

import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import type { Me, SetupInput } from '../../contract/api.ts';
import { callApi } from '../shell/api-client.ts';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { Notice } from '../shell/notice.tsx';
import { sessionQuery } from '../shell/queries.ts';
import { homeOf } from './sign-in-outcome.ts';

const ENDPOINTS = { setup: '/setup', invitation: '/invitations/accept' } as const;
const MIN_PASSWORD_LENGTH = 12;

/** Name, e-mail and password of a new person: the first one by the set-up link, others by invitation. */
export function NewAccountForm({ purpose }: { readonly purpose: keyof typeof ENDPOINTS }) {
  const t = useTranslations('newAccount');
  const token = useSearchParams().get('token') ?? '';
  const create = useCreateAccount(ENDPOINTS[purpose]);
  const [name, setName] = useState('');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const tooShort = password !== '' && [...password].length < MIN_PASSWORD_LENGTH;
  if (token === '') return <Notice tone="alert" title={t('noToken')} text={t(`noTokenText-${purpose}`)} />;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (!tooShort) create.mutate({ token, name: name.trim(), email: email.trim(), password });
  };
  return (
    <form onSubmit={onSubmit}>
      <Stack gap="md">
        {create.error && <FailureNotice error={create.error} />}
        <TextInput
          label={t('name')}
          name="name"
          autoComplete="name"
          required
          withAsterisk={false}
          size="md"
          maxLength={80}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t('email')}
          type="email"
          name="email"
          autoComplete="username"
          required
          withAsterisk={false}
          size="md"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={t('password')}
          description={t('passwordRule', { length: MIN_PASSWORD_LENGTH })}
          error={tooShort ? t('passwordTooShort', { length: MIN_PASSWORD_LENGTH }) : null}
          name="password"
          autoComplete="new-password"
          required
          withAsterisk={false}
          size="md"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button type="submit" size="md" fullWidth mt="xs" loading={create.isPending || create.isSuccess}>
          {t('submit')}
        </Button>
      </Stack>
    </form>
  );
}

function useCreateAccount(endpoint: string) {
  const router = useRouter();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: SetupInput) => callApi<Me>(endpoint, { method: 'POST', body }),
    onSuccess: (me) => {
      client.setQueryData(sessionQuery.queryKey, me);
      router.replace(homeOf(me) ?? '/');
    },
  });
}
