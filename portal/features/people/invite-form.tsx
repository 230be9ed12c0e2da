'use client';

import { Button, Checkbox, Select, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import { type FormEvent, useState } from 'react';
import { type InviteInput, type PortalRole, ROLES } from '../../contract/api.ts';
import { useQuantities } from '../format/use-quantities.ts';
import { callApi } from '../shell/api-client.ts';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { Notice } from '../shell/notice.tsx';
import { usePlace } from '../shell/place.ts';
import { peopleQuery, sitesQuery } from '../shell/queries.ts';
import { CopyLink } from './copy-link.tsx';

interface Invitation {
  readonly link: string;
  readonly expires: string;
}

export function InviteForm() {
  const t = useTranslations();
  const invite = useInvite();
  const [email, setEmail] = useState('');
  const [roles, setRoles] = useState<string[]>([]);
  const [site, setSite] = useState<string | null>(null);
  const sites = useQuery(sitesQuery(usePlace().org)).data ?? [];
  const [tried, setTried] = useState(false);
  const noRole = roles.length === 0;
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (noRole || email.trim() === '') return;
    invite.mutate(
      {
        email: email.trim(),
        roles: ROLES.filter((role) => roles.includes(role)),
        ...(site === null ? {} : { site }),
      },
      {
        onSuccess: () => {
          setEmail('');
          setRoles([]);
          setSite(null);
          setTried(false);
        },
      },
    );
  };
  return (
    <form onSubmit={onSubmit} noValidate aria-label={t('people.invite')}>
      <Stack gap="md">
        <TextInput
          label={t('people.email')}
          type="email"
          name="email"
          autoComplete="off"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={tried && email.trim() === '' ? t('people.emailMissing') : null}
        />
        <Checkbox.Group
          label={t('people.roles')}
          value={roles}
          onChange={setRoles}
          error={tried && noRole ? t('people.roleMissing') : null}
        >
          <Stack gap="sm" mt="xs">
            {ROLES.map((role) => (
              <RoleChoice key={role} role={role} />
            ))}
          </Stack>
        </Checkbox.Group>
        {sites.length > 1 && (
          <Select
            label={t('people.site')}
            placeholder={t('people.allSites')}
            data={sites.map(({ id, name }) => ({ value: id, label: name }))}
            value={site}
            onChange={setSite}
            clearable
          />
        )}
        {invite.error && <FailureNotice error={invite.error} />}
        <Button type="submit" loading={invite.isPending}>
          {t('people.send')}
        </Button>
        {invite.data && <InvitationLink invitation={invite.data} />}
      </Stack>
    </form>
  );
}

function RoleChoice({ role }: { readonly role: PortalRole }) {
  const t = useTranslations();
  return <Checkbox value={role} label={t(`role.${role}`)} description={t(`people.may-${role}`)} />;
}

/** Shown once: the server keeps only its hash. */
function InvitationLink({ invitation }: { readonly invitation: Invitation }) {
  const t = useTranslations('people');
  const { dateTime } = useQuantities(Intl.DateTimeFormat().resolvedOptions().timeZone);
  return (
    <Notice
      tone="good"
      title={t('linkTitle')}
      text={t('linkText', { when: dateTime(invitation.expires) })}
      testId="invitation"
    >
      <CopyLink link={invitation.link} />
    </Notice>
  );
}

function useInvite() {
  const { org } = usePlace();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (body: InviteInput) =>
      callApi<Invitation>(`/orgs/${encodeURIComponent(org)}/people`, { method: 'POST', body }),
    onSuccess: () => client.invalidateQueries({ queryKey: peopleQuery(org).queryKey }),
  });
}
