import type { ReactNode } from 'react';
import { LiveSite } from '@/features/live/live-site';
import { loadSitePage } from '@/server/pages/pages';
import { currentMe } from '@/server/pages/session';

interface Props {
  readonly children: ReactNode;
  readonly params: Promise<{ org: string; site: string }>;
}

/** One stream of live values serves every page of a site. */
export default async function SiteLayout({ children, params }: Props) {
  // Layouts render side by side: the one above sends to sign-in, this one only must not answer before it.
  if (!(await currentMe())) return null;
  const { org, site } = await params;
  return (
    <LiveSite key={site} initial={await loadSitePage(org, site)}>
      {children}
    </LiveSite>
  );
}
