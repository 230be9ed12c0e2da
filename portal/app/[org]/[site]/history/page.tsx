import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { History } from '@/features/history/history';
import { initially } from '@/features/shell/initial';
import { loadHistory } from '@/server/pages/pages';
import { currentMe } from '@/server/pages/session';

interface Props {
  readonly params: Promise<{ org: string; site: string }>;
  readonly searchParams: Promise<{ day?: string | string[] }>;
}

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('navigation'))('history') };
}

export default async function HistoryPage({ params, searchParams }: Props) {
  if (!(await currentMe())) return null;
  const { org, site } = await params;
  const asked = (await searchParams).day;
  const day = typeof asked === 'string' ? asked : undefined;
  return <History initial={await initially(() => loadHistory(org, site, day))} />;
}
