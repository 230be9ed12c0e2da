import type { ReactNode } from 'react';
import { initially } from '@/features/shell/initial';
import { LeaveForSignIn } from '@/features/shell/leave-for-sign-in';
import { Shell } from '@/features/shell/shell';
import { loadSites } from '@/server/pages/pages';
import { currentMe } from '@/server/pages/session';

interface Props {
  readonly children: ReactNode;
  readonly params: Promise<{ org: string }>;
}

export default async function OrganisationLayout({ children, params }: Props) {
  const me = await currentMe();
  if (!me) return <LeaveForSignIn />;
  const { org } = await params;
  const sites = await initially(() => loadSites(org));
  return (
    <Shell me={me} sites={sites}>
      {children}
    </Shell>
  );
}
