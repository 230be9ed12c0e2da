'use client';

import { useQuery } from '@tanstack/react-query';
import { useTranslations } from 'next-intl';
import type { Person } from '../../contract/api.ts';
import { useQuantities } from '../format/use-quantities.ts';
import { FailureNotice } from '../shell/failure-notice.tsx';
import { PageHeading, Panel, Tag } from '../shell/panel.tsx';
import { usePlace } from '../shell/place.ts';
import { peopleQuery } from '../shell/queries.ts';
import { InviteForm } from './invite-form.tsx';
import classes from './people.module.css';

/** Who belongs to the organisation, in which roles; and a way to ask others in. */
export function People({ initial }: { readonly initial: readonly Person[] | undefined }) {
  const t = useTranslations('people');
  const { org } = usePlace();
  const query = useQuery({ ...peopleQuery(org), ...(initial ? { initialData: [...initial] } : {}) });
  return (
    <>
      <PageHeading title={t('title')} lead={t('lead')} />
      {query.error && <FailureNotice error={query.error} />}
      <div className={classes.columns}>
        <Panel flush>
          <ul className={classes.list}>
            {query.data?.map((person) => (
              <PersonItem key={person.id} person={person} />
            ))}
          </ul>
        </Panel>
        <Panel title={t('invite')}>
          <InviteForm />
        </Panel>
      </div>
    </>
  );
}

function PersonItem({ person }: { readonly person: Person }) {
  const t = useTranslations();
  const { dateTime } = useQuantities(Intl.DateTimeFormat().resolvedOptions().timeZone);
  return (
    <li className={classes.person} data-testid="person-row">
      <div>
        <p className={classes.name}>{person.name ?? person.email}</p>
        <p className={classes.email} suppressHydrationWarning>
          {person.name ? person.email : t('people.invited')}
          {person.lastSeen && ` · ${t('people.lastSeen', { when: dateTime(person.lastSeen) })}`}
        </p>
      </div>
      <div className={classes.roles}>
        {person.status === 'invited' && <Tag tone="solar">{t('people.invited')}</Tag>}
        {person.roles.map((role) => (
          <Tag key={role}>{t(`role.${role}`)}</Tag>
        ))}
        {person.sites?.map((site) => (
          <Tag key={site} tone="grid">
            {site}
          </Tag>
        ))}
      </div>
    </li>
  );
}
