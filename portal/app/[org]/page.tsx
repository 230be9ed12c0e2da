import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { initially } from '@/features/shell/initial';
import { SiteList } from '@/features/sites/site-list';
import { loadSites } from '@/server/pages/pages';
import { currentMe } from '@/server/pages/session';

interface Props {
  readonly params: Promise<{ org: string }>;
}

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('navigation'))('sites') };
}

export default async function SitesPage({ params }: Props) {
  if (!(await currentMe())) return null;
  const { org } = await params;
  return <SiteList initial={await initially(() => loadSites(org))} />;
}
