'use client';

import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRouter, useSearchParams } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type FormEvent, useEffect, useState } from 'react';
import { failureOfError } from '../shell/api-client.ts';
import { Notice } from '../shell/notice.tsx';
import { sessionQuery } from '../shell/queries.ts';
import { homeOf, outcomeOf, type SignInOutcome, safeNext } from './sign-in-outcome.ts';
import { useSignIn } from './use-sign-in.ts';

export function SignInForm() {
  const t = useTranslations('signIn');
  const reason = useSearchParams().get('reason');
  const serverState = useServerBeforehand();
  const { busy, outcome, submit, cancel, clear } = useSignIn();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const locked = outcome?.kind === 'too-many-attempts';
  const waiting = outcome?.kind === 'unreachable' || outcome?.kind === 'starting';
  const shown = outcome ?? serverState;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit({ email: email.trim(), password });
  };
  return (
    <form onSubmit={onSubmit} aria-label={t('title')}>
      <Stack gap="md">
        {!shown && reason && <Farewell reason={reason} />}
        {shown && <OutcomeNotice outcome={shown} retrying={busy || !outcome} onWaited={clear} />}
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
          name="password"
          autoComplete="current-password"
          required
          withAsterisk={false}
          size="md"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button
          type="submit"
          size="md"
          fullWidth
          mt="xs"
          loading={busy && !waiting}
          disabled={locked || busy}
        >
          {t('submit')}
        </Button>
        {busy && waiting && (
          <Button variant="subtle" onClick={cancel}>
            {t('stopTrying')}
          </Button>
        )}
      </Stack>
    </form>
  );
}

/** Whoever is signed in already goes on; a server that does not answer is told before anything is typed. */
function useServerBeforehand(): SignInOutcome | null {
  const router = useRouter();
  const next = safeNext(useSearchParams().get('next'));
  const session = useQuery(sessionQuery);
  const target = session.data ? (next ?? homeOf(session.data)) : null;
  useEffect(() => {
    if (target) router.replace(target);
  }, [target, router]);
  const failure = failureOfError(session.failureReason);
  return failure && failure.kind !== 'problem' ? outcomeOf(failure) : null;
}

function Farewell({ reason }: { readonly reason: string }) {
  const t = useTranslations('signIn');
  return reason === 'left' ? (
    <Notice tone="good" title={t('left')} />
  ) : (
    <Notice tone="neutral" title={t('signedOut')} text={t('signedOutText')} />
  );
}

interface OutcomeNoticeProps {
  readonly outcome: SignInOutcome;
  readonly retrying: boolean;
  readonly onWaited: () => void;
}

function OutcomeNotice({ outcome, retrying, onWaited }: OutcomeNoticeProps) {
  const t = useTranslations('signIn');
  switch (outcome.kind) {
    case 'too-many-attempts':
      return <Countdown key={outcome.waitS} seconds={outcome.waitS} onWaited={onWaited} />;
    case 'unreachable':
    case 'starting':
      return (
        <Notice
          tone="warning"
          testId={`sign-in-${outcome.kind}`}
          title={t(outcome.kind)}
          text={retrying ? t('tryingAgain') : null}
        />
      );
    case 'refused':
      return (
        <Notice
          tone="alert"
          testId="sign-in-refused"
          title={outcome.detail || t('refused')}
          text={outcome.remedy}
        />
      );
    default:
      return (
        <Notice
          tone="alert"
          testId={`sign-in-${outcome.kind}`}
          title={t(outcome.kind)}
          text={t(`${outcome.kind}-text`)}
        />
      );
  }
}

function Countdown({ seconds, onWaited }: { readonly seconds: number; readonly onWaited: () => void }) {
  const t = useTranslations('signIn');
  const [left, setLeft] = useState(seconds);
  useEffect(() => {
    if (left <= 0) {
      onWaited();
      return;
    }
    const timer = setTimeout(() => setLeft(left - 1), 1000);
    return () => clearTimeout(timer);
  }, [left, onWaited]);
  return (
    <div data-testid="sign-in-too-many-attempts">
      <p className="ww-hidden" role="alert">
        {t('too-many-attempts', { seconds })}
      </p>
      <Notice tone="alert" announce={false} title={t('too-many-attempts', { seconds: left })} />
    </div>
  );
}
