'use client';

import { Menu } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import Link from 'next/link';
import { useRouter } from 'next/navigation';
import { useTranslations } from 'next-intl';
import type { Me } from '../../contract/api.ts';
import { callApi } from './api-client.ts';
import { usePlace } from './place.ts';
import { LanguageSwitch, SchemeSwitch } from './preferences.tsx';
import classes from './shell.module.css';

export function AccountMenu({ me }: { readonly me: Me }) {
  const t = useTranslations();
  const router = useRouter();
  const client = useQueryClient();
  const { org } = usePlace();
  const mayInvite = me.organisations.find(({ id }) => id === org)?.permissions.includes('people');
  const signOut = async () => {
    await callApi('/session', { method: 'DELETE' }).catch(() => undefined);
    client.clear();
    router.replace('/sign-in?reason=left');
  };
  return (
    <Menu position="bottom-end" width={280} withinPortal closeOnItemClick>
      <Menu.Target>
        <button type="button" className={classes.avatar} aria-label={t('shell.account', { name: me.name })}>
          {initials(me.name)}
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {me.name}
          <br />
          {me.email}
        </Menu.Label>
        <Menu.Divider />
        <div className={classes.preferences}>
          <div className={classes.preference}>
            {t('shell.scheme')}
            <SchemeSwitch />
          </div>
          <div className={classes.preference}>
            {t('shell.language')}
            <LanguageSwitch />
          </div>
        </div>
        <Menu.Divider />
        {mayInvite && (
          <Menu.Item component={Link} href={`/${org}/people`}>
            {t('navigation.people')}
          </Menu.Item>
        )}
        <Menu.Item onClick={() => void signOut()}>{t('shell.signOut')}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const first = words[0]?.[0] ?? '?';
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? '') : '';
  return (first + last).toUpperCase();
}
