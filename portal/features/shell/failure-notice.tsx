'use client';

import { useTranslations } from 'next-intl';
import { failureOfError } from './api-client.ts';
import { Notice } from './notice.tsx';

/** Says what went wrong and what to do about it, whatever the failure was. */
export function FailureNotice({ error }: { readonly error: unknown }) {
  const t = useTranslations('failure');
  const failure = failureOfError(error);
  if (!failure) return <Notice tone="alert" title={t('unknown')} text={String(error)} />;
  if (failure.kind !== 'problem')
    return <Notice tone="warning" glyph="offline" title={t(failure.kind)} text={t('tryLater')} />;
  const { code, detail, title, remedy } = failure.problem;
  const key = code as Parameters<typeof t>[0];
  const remedyKey = `${code}-remedy` as Parameters<typeof t>[0];
  // A newer server may name a problem this page has no words for: then in the server's own.
  return (
    <Notice
      tone="alert"
      glyph="alert"
      testId={`failure-${code}`}
      title={t.has(key) ? t(key) : detail || title}
      text={t.has(remedyKey) ? t(remedyKey) : remedy}
    />
  );
}
