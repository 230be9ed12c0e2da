'use client';

import type { SiteState } from '@wattward/broker/wire/site';
import { useLocale, useTranslations } from 'next-intl';
import { useState } from 'react';
import { unbroken } from '../format/prose.ts';
import { useQuantities } from '../format/use-quantities.ts';
import { LiveBadge, useFreshness } from '../live/live-badge.tsx';
import { LiveNotices } from '../live/live-notices.tsx';
import { useLiveSite } from '../live/live-site.tsx';
import { Notice } from '../shell/notice.tsx';
import { Panel, Tag } from '../shell/panel.tsx';
import { ActiveSetpoints } from './active-setpoints.tsx';
import classes from './cockpit.module.css';
import { NowCards, TodayPanel } from './figure-cards.tsx';
import { FlowPicture } from './flow-picture.tsx';
import { LoadList } from './load-list.tsx';
import { PeakBanner, PeakGauge } from './peak-watch.tsx';
import { becauseOf, sentenceOf } from './sentence.ts';

const EVERYTHING = { pv: true, battery: true, ev: false, phases: 3 } as const;

/** One site, right now. */
export function Cockpit() {
  const { page, state, connection } = useLiveSite();
  if (!state) return connection === 'online' ? <FirstValues /> : <NothingYet />;
  return (
    <div className={classes.cockpit}>
      <header>
        <SiteLine name={page.name} simulated={page.description?.simulated ?? false} mode={state.mode} />
        <Sentence state={state} />
      </header>
      <LiveNotices />
      <Present state={state} />
    </div>
  );
}

function SiteLine(props: {
  readonly name: string;
  readonly simulated: boolean;
  readonly mode: SiteState['mode'] | null;
}) {
  const t = useTranslations();
  return (
    <div className={classes.siteLine}>
      <h1 className={classes.siteName}>{props.name}</h1>
      {props.mode && (
        <Tag tone={props.mode === 'normal' ? 'battery' : 'alert'} testId="home-mode">
          {t(`mode.${props.mode}`)}
        </Tag>
      )}
      {props.simulated && <Tag>{t('cockpit.simulated')}</Tag>}
      <span className={classes.spring} />
      <LiveBadge />
    </div>
  );
}

function Sentence({ state }: { readonly state: SiteState }) {
  const translate = useTranslations('sentence');
  const language = useLocale();
  const { page } = useLiveSite();
  const quantities = useQuantities(page.description?.zone ?? 'UTC');
  const speech = { language, translate, quantities };
  const present = sentenceOf(state, speech);
  const because = becauseOf(state, speech);
  const stale = useFreshness() !== 'live';
  const sentence = stale ? translate('last-known', { sentence: present }) : present;
  return (
    <>
      <p className={classes.sentence} data-testid="sentence" data-stale={stale}>
        {unbroken(sentence)}
      </p>
      {because && (
        <p className={classes.because} data-testid="because">
          {unbroken(because)}
        </p>
      )}
      <p className="ww-hidden" aria-live="polite">
        {useSpoken(`${language} ${state.mode} ${state.reason.code}`, sentence)}
      </p>
    </>
  );
}

/** The sentence as it was when the situation last changed: it is read aloud then, not with every watt. */
function useSpoken(situation: string, sentence: string): string {
  const [spoken, setSpoken] = useState({ situation, sentence });
  if (spoken.situation !== situation) setSpoken({ situation, sentence });
  return spoken.sentence;
}

function Present({ state }: { readonly state: SiteState }) {
  const t = useTranslations('cockpit');
  const { page } = useLiveSite();
  const quantities = useQuantities(page.description?.zone ?? 'UTC');
  const stale = useFreshness() !== 'live';
  const capabilities = page.description?.capabilities ?? EVERYTHING;
  const shared = { state, capabilities, quantities };
  return (
    <>
      <PeakBanner state={state} quantities={quantities} />
      <ActiveSetpoints quantities={quantities} />
      <div className={classes.main} data-stale={stale}>
        <Panel title={t('flow')}>
          <FlowPicture {...shared} stale={stale} />
        </Panel>
        <div className={classes.side}>
          <NowCards {...shared} />
          <Panel title={t('peak')}>
            <PeakGauge state={state} quantities={quantities} />
          </Panel>
        </div>
      </div>
      <Panel title={t('today')}>
        <TodayPanel {...shared} />
      </Panel>
      <Panel title={t('loads')} flush>
        <LoadList loads={state.loads} quantities={quantities} />
      </Panel>
    </>
  );
}

/** Connected, and the first state is on its way. */
function FirstValues() {
  const t = useTranslations('cockpit');
  const { page } = useLiveSite();
  return (
    <div className={classes.cockpit}>
      <SiteLine name={page.name} simulated={page.description?.simulated ?? false} mode={null} />
      <Notice tone="neutral" title={t('firstValues')} text={t('firstValuesText')} />
    </div>
  );
}

/** No value is known: the box was never in contact, or not since this portal runs. */
function NothingYet() {
  const t = useTranslations('cockpit');
  const { page, connection } = useLiveSite();
  const never = connection === 'never-seen';
  return (
    <div className={classes.cockpit}>
      <SiteLine name={page.name} simulated={false} mode={null} />
      <Notice
        tone="neutral"
        glyph="offline"
        testId="site-empty"
        title={t(never ? 'neverSeen' : 'noValues')}
        text={t(never ? 'neverSeenText' : 'noValuesText')}
      />
    </div>
  );
}
