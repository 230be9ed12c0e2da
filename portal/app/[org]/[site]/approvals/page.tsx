import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Approvals } from '@/features/approvals/approvals';
import { initially } from '@/features/shell/initial';
import { loadProposals } from '@/server/pages/pages';
import { currentMe } from '@/server/pages/session';

interface Props {
  readonly params: Promise<{ org: string; site: string }>;
}

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('navigation'))('approvals') };
}

export default async function ApprovalsPage({ params }: Props) {
  if (!(await currentMe())) return null;
  const { org, site } = await params;
  return <Approvals initial={await initially(() => loadProposals(org, site))} />;
}
