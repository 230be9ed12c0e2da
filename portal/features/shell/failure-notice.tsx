'use client';

import { useTranslations } from 'next-intl';
import { failureOfError } from './api-client.ts';
import { Notice } from './notice.tsx';

/** Codes the portal has its own words for; any other problem is shown in the server's. */
const KNOWN = [
  'signed-out',
  'wrong-credentials',
  'too-many-attempts',
  'cross-site',
  'not-found',
  'link-invalid',
  'weak-password',
  'email-taken',
  'out-of-bounds',
  'unsupported-kind',
  'site-unknown',
  'wrong-status',
  'own-proposal',
  'signer-unavailable',
  'not-connected',
  'history-unavailable',
  'busy',
  'internal',
] as const;

/** Says what went wrong and what to do about it, whatever the failure was. */
export function FailureNotice({ error }: { readonly error: unknown }) {
  const t = useTranslations('failure');
  const failure = failureOfError(error);
  if (!failure) return <Notice tone="alert" title={t('unknown')} text={String(error)} />;
  if (failure.kind !== 'problem')
    return <Notice tone="warning" glyph="offline" title={t(failure.kind)} text={t('tryLater')} />;
  const { code, detail, title, remedy } = failure.problem;
  const known = KNOWN.find((name) => name === code);
  return (
    <Notice
      tone="alert"
      glyph="alert"
      testId={`failure-${code}`}
      title={known ? t(known) : detail || title}
      text={known ? t(`${known}-remedy`) : remedy}
    />
  );
}
