import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Cockpit } from '@/features/cockpit/cockpit';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('navigation'))('cockpit') };
}

export default function CockpitPage() {
  return <Cockpit />;
}
