import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Decisions } from '@/features/decisions/decisions';
import { initially } from '@/features/shell/initial';
import { loadDecisions } from '@/server/pages/pages';
import { currentMe } from '@/server/pages/session';

interface Props {
  readonly params: Promise<{ org: string; site: string }>;
}

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('navigation'))('decisions') };
}

export default async function DecisionsPage({ params }: Props) {
  if (!(await currentMe())) return null;
  const { org, site } = await params;
  return <Decisions initial={await initially(() => loadDecisions(org, site))} />;
}
