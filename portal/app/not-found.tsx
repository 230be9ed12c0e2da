import { getTranslations } from 'next-intl/server';
import { AccountPage } from '@/features/account/account-page';
import { HomeLink } from '@/features/account/home-link';

export default async function NotFound() {
  const t = await getTranslations('notFound');
  return (
    <AccountPage title={t('title')} lead={t('lead')}>
      <HomeLink label={t('home')} />
    </AccountPage>
  );
}
