'use client';

import Link from 'next/link';
import { useTranslations } from 'next-intl';
import { personName } from '../format/person-name.ts';
import type { Quantities } from '../format/quantity.ts';
import { useLiveSite } from '../live/live-site.tsx';
import { useValueText } from '../live/value-text.ts';
import { useSitePlace } from '../shell/place.ts';
import classes from './cockpit.module.css';

/** What people changed from afar and still holds: a home that behaves unlike its settings must say so. */
export function ActiveSetpoints({ quantities }: { readonly quantities: Quantities }) {
  const t = useTranslations();
  const { org, site } = useSitePlace();
  const { activeSetpoints } = useLiveSite().page;
  const valueText = useValueText(quantities);
  if (activeSetpoints.length === 0) return null;
  return (
    <ul className={classes.setpoints} aria-label={t('cockpit.setpoints')}>
      {activeSetpoints.map((setpoint) => (
        <li key={setpoint.id}>
          <Link href={`/${org}/${site}/approvals`}>
            {t('cockpit.setpoint', {
              kind: t(`setpointKind.${setpoint.kind}`),
              value: valueText(setpoint.value),
              until: quantities.dateTime(setpoint.expires),
              by: personName(setpoint.decidedBy ?? setpoint.proposedBy),
            })}
          </Link>
        </li>
      ))}
    </ul>
  );
}
