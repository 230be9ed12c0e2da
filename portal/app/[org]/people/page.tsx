import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { People } from '@/features/people/people';
import { initially } from '@/features/shell/initial';
import { loadPeople } from '@/server/pages/pages';
import { currentMe } from '@/server/pages/session';

interface Props {
  readonly params: Promise<{ org: string }>;
}

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('navigation'))('people') };
}

export default async function PeoplePage({ params }: Props) {
  if (!(await currentMe())) return null;
  const { org } = await params;
  return <People initial={await initially(() => loadPeople(org))} />;
}
