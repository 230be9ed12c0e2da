'use client';

import { AppShell } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { usePathname, useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { type ReactNode, useEffect } from 'react';
import type { Me, SiteRow } from '../../contract/api.ts';
import { AccountMenu } from './account-menu.tsx';
import { isSignedOut } from './api-client.ts';
import { Brand } from './brand.tsx';
import { Glyph } from './glyph.tsx';
import { type NavigationEntry, navigation } from './navigation.ts';
import { usePlace } from './place.ts';
import { sessionQuery, sitesQuery } from './queries.ts';
import classes from './shell.module.css';
import { SiteSwitcher } from './site-switcher.tsx';

export interface ShellProps {
  readonly me: Me;
  readonly sites: readonly SiteRow[] | undefined;
  readonly children: ReactNode;
}

/** Frame of every page behind sign-in: where one is, where one can go, who one is. */
export function Shell({ me: initialMe, sites, children }: ShellProps) {
  const t = useTranslations();
  const session = useQuery({ ...sessionQuery, initialData: initialMe });
  useLeaveWhenSignedOut(session.error);
  const me = session.data;
  const { entries, waiting } = useNavigation(me, sites);
  return (
    <AppShell
      header={{ height: 60 }}
      navbar={{ width: 232, breakpoint: 'sm', collapsed: { mobile: true } }}
      footer={{ height: { base: 'calc(60px + env(safe-area-inset-bottom))', sm: 0 } }}
      padding={0}
      classNames={{
        header: classes.header ?? '',
        navbar: classes.navbar ?? '',
        footer: classes.footer ?? '',
      }}
    >
      <AppShell.Header>
        <a className={classes.skip} href="#content">
          {t('shell.skip')}
        </a>
        <Brand compact />
        <SiteSwitcher />
        <span className={classes.spring} />
        <AccountMenu me={me} />
      </AppShell.Header>
      <AppShell.Navbar>
        <nav aria-label={t('shell.navigation')}>
          <NavigationLinks entries={entries} waiting={waiting} />
        </nav>
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main ?? ''}>
        <div className={classes.content}>{children}</div>
      </AppShell.Main>
      <AppShell.Footer hiddenFrom="sm">
        <nav aria-label={t('shell.navigation')}>
          <BottomLinks entries={entries} waiting={waiting} />
        </nav>
      </AppShell.Footer>
    </AppShell>
  );
}

function useNavigation(me: Me, initial: readonly SiteRow[] | undefined): NavigationLinksProps {
  const { org, site } = usePlace();
  const sites = useQuery({ ...sitesQuery(org), ...(initial ? { initialData: [...initial] } : {}) });
  const permissions = me.organisations.find(({ id }) => id === org)?.permissions ?? [];
  return {
    entries: navigation({ org, site, siteCount: sites.data?.length ?? 0, permissions }),
    waiting: sites.data?.find(({ id }) => id === site)?.proposalsWaiting ?? 0,
  };
}

/** A session that ended sends to sign-in, and back here afterwards. */
function useLeaveWhenSignedOut(error: unknown): void {
  const router = useRouter();
  const pathname = usePathname();
  const leave = isSignedOut(error);
  useEffect(() => {
    if (leave) router.replace(`/sign-in?reason=signed-out&next=${encodeURIComponent(pathname)}`);
  }, [leave, pathname, router]);
}

function useIsHere(): (href: string) => boolean {
  const pathname = usePathname();
  return (href) => pathname === href;
}

interface NavigationLinksProps {
  readonly entries: readonly NavigationEntry[];
  readonly waiting: number;
}

function NavigationLinks({ entries, waiting }: NavigationLinksProps) {
  const t = useTranslations('navigation');
  const isHere = useIsHere();
  return (
    <ul className={classes.links}>
      {entries.map(({ page, href, glyph, scope }, index) => (
        <li key={page} data-first-of-scope={index > 0 && entries[index - 1]?.scope !== scope}>
          <Link href={href} className={classes.link} aria-current={isHere(href) ? 'page' : undefined}>
            <Glyph name={glyph} />
            {t(page)}
            {page === 'approvals' && waiting > 0 && <Waiting count={waiting} />}
          </Link>
        </li>
      ))}
    </ul>
  );
}

function Waiting({ count }: { readonly count: number }) {
  const t = useTranslations('shell');
  return (
    <span className={classes.waiting}>
      <span aria-hidden="true">{count}</span>
      <span className="ww-hidden">{t('waiting', { count })}</span>
    </span>
  );
}

function BottomLinks({ entries, waiting }: NavigationLinksProps) {
  const t = useTranslations('navigation');
  const isHere = useIsHere();
  return (
    <ul className={classes.bottomLinks}>
      {entries.slice(0, 5).map(({ page, href, glyph }) => (
        <li key={page}>
          <Link href={href} className={classes.bottomLink} aria-current={isHere(href) ? 'page' : undefined}>
            <Glyph name={glyph} size={22} />
            <span>{t(page)}</span>
            {page === 'approvals' && waiting > 0 && <Waiting count={waiting} />}
          </Link>
        </li>
      ))}
    </ul>
  );
}
