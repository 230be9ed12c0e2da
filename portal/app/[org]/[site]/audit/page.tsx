import type { Metadata } from 'next';
import { getTranslations } from 'next-intl/server';
import { Audit } from '@/features/audit/audit';

export async function generateMetadata(): Promise<Metadata> {
  return { title: (await getTranslations('navigation'))('audit') };
}

export default function AuditPage() {
  return <Audit />;
}
