import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Suspense } from 'react';
import { AccountPage } from '@/features/account/account-page';
import { SignInForm } from '@/features/account/sign-in-form';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('signIn'))('title') };
}

export default async function SignInPage() {
  const t = await getTranslations('signIn');
  return (
    <AccountPage title={t('title')} lead={t('lead')}>
      <Suspense>
        <SignInForm />
      </Suspense>
    </AccountPage>
  );
}
