'use client';

import { Menu } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useTranslations } from 'next-intl';
import { Glyph } from './glyph.tsx';
import { usePlace } from './place.ts';
import { sitesQuery } from './queries.ts';
import classes from './shell.module.css';

/** Names the present site and, with several, leads to the same page of another. */
export function SiteSwitcher() {
  const t = useTranslations('shell');
  const { org, site } = usePlace();
  const pathname = usePathname();
  const sites = useQuery({ ...sitesQuery(org), retry: false }).data ?? [];
  const present = sites.find(({ id }) => id === site);
  if (sites.length < 2)
    return (
      <span className={classes.switcher}>
        <span className={classes.switcherName}>{present?.name ?? ''}</span>
      </span>
    );
  const samePage = site ? pathname.slice(`/${org}/${site}`.length) : '';
  return (
    <Menu position="bottom-start" width={260} withinPortal>
      <Menu.Target>
        <button type="button" className={classes.switcher} aria-label={t('chooseSite')}>
          <span className={classes.switcherName}>{present?.name ?? t('allSites')}</span>
          <Glyph name="down" size={16} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} href={`/${org}`} leftSection={<Glyph name="sites" size={18} />}>
          {t('allSites')}
        </Menu.Item>
        <Menu.Divider />
        {sites.slice(0, 20).map(({ id, name }) => (
          <Menu.Item
            key={id}
            component={Link}
            href={`/${org}/${id}${samePage}`}
            aria-current={id === site ? 'true' : undefined}
            fw={id === site ? 600 : 400}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
