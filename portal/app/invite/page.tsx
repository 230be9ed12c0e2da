import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Suspense } from 'react';
import { AccountPage } from '@/features/account/account-page';
import { NewAccountForm } from '@/features/account/new-account-form';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('invitation'))('title'), referrer: 'no-referrer' };
}

export default async function InvitationPage() {
  const t = await getTranslations('invitation');
  return (
    <AccountPage title={t('title')} lead={t('lead')}>
      <Suspense>
        <NewAccountForm purpose="invitation" />
      </Suspense>
    </AccountPage>
  );
}
