import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Suspense } from 'react';
import { AccountPage } from '@/features/account/account-page';
import { NewAccountForm } from '@/features/account/new-account-form';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('setup'))('title'), referrer: 'no-referrer' };
}

export default async function SetUpPage() {
  const t = await getTranslations('setup');
  return (
    <AccountPage title={t('title')} lead={t('lead')}>
      <Suspense>
        <NewAccountForm purpose="setup" />
      </Suspense>
    </AccountPage>
  );
}
