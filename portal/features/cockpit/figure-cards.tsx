'use client';

import type { SiteDescription, SiteState } from '@wattward/broker/wire/site';
import { useTranslations } from 'next-intl';
import type { Quantities } from '../format/quantity.ts';
import classes from './cockpit.module.css';
import { FigureCard } from './figure-card.tsx';
import { consumptionW } from './flow-routes.ts';

interface CardsProps {
  readonly state: SiteState;
  readonly capabilities: SiteDescription['capabilities'];
  readonly quantities: Quantities;
}

const IDLE_BELOW_W = 20;

/** The present in numbers: grid, solar, battery, house. */
export function NowCards({ state, capabilities, quantities }: CardsProps) {
  const t = useTranslations('cards');
  const { power } = state;
  const magnitude = (watts: number | null) =>
    quantities.powerKwNumber(watts === null ? null : Math.abs(watts));
  return (
    <div className={classes.nowCards}>
      <FigureCard
        testId="card-grid"
        tone="grid"
        glyph="grid"
        label={t('grid')}
        value={magnitude(power.gridPowerW)}
        unit="kW"
      >
        {t(direction(power.gridPowerW, 'import', 'export', 'balanced'))}
        {state.price.importPricePerKwh !== null && (
          <span>{quantities.pricePerKwh(state.price.importPricePerKwh, state.price.currency)}</span>
        )}
      </FigureCard>
      {capabilities.pv && (
        <FigureCard
          testId="card-solar"
          tone="solar"
          glyph="sun"
          label={t('solar')}
          value={magnitude(power.pvPowerW)}
          unit="kW"
        >
          {t('producedToday', { energy: quantities.energyKwh(state.today.pvWh) })}
        </FigureCard>
      )}
      {capabilities.battery && <BatteryCard state={state} quantities={quantities} />}
      <FigureCard
        testId="card-house"
        tone="house"
        glyph="home"
        label={t('house')}
        value={magnitude(consumptionW(power))}
        unit="kW"
      >
        {t('switchedLoads', { power: quantities.powerKw(power.managedLoadW) })}
      </FigureCard>
    </div>
  );
}

function BatteryCard({ state, quantities }: Pick<CardsProps, 'state' | 'quantities'>) {
  const t = useTranslations();
  const { batteryPowerW } = state.power;
  const socPct = state.batterySocPct;
  const mode = state.batteries[0]?.mode;
  const flow = direction(batteryPowerW, 'discharging', 'charging', 'resting');
  return (
    <FigureCard
      testId="card-soc"
      tone="battery"
      glyph="battery"
      label={t('cards.battery')}
      value={socPct === null ? '–' : String(Math.round(socPct))}
      unit="%"
    >
      <meter className="ww-hidden" aria-label={t('cards.charge')} min={0} max={100} value={socPct ?? 0} />
      <div className={classes.meter} aria-hidden="true">
        <span style={{ width: `${socPct ?? 0}%` }} />
      </div>
      {flow === 'resting' || flow === 'unknown'
        ? t(`cards.${flow}`)
        : t('cards.withPower', {
            what: t(`cards.${flow}`),
            power: quantities.powerKw(Math.abs(batteryPowerW ?? 0)),
          })}
      {mode && <span>{t(`batteryMode.${mode}`)}</span>}
    </FigureCard>
  );
}

function direction<Plus extends string, Minus extends string, Rest extends string>(
  watts: number | null,
  plus: Plus,
  minus: Minus,
  rest: Rest,
): Plus | Minus | Rest | 'unknown' {
  if (watts === null) return 'unknown';
  if (Math.abs(watts) < IDLE_BELOW_W) return rest;
  return watts > 0 ? plus : minus;
}

/** The site's day so far: energy and money. */
export function TodayPanel({ state, capabilities, quantities }: CardsProps) {
  const t = useTranslations('cards');
  const { today, price } = state;
  const used =
    today.pvWh + today.gridImportWh + today.batteryDischargedWh - today.gridExportWh - today.batteryChargedWh;
  const rows = [
    { key: 'today-used', label: t('used'), value: quantities.energyKwh(Math.max(0, used)) },
    ...(capabilities.pv
      ? [{ key: 'today-solar', label: t('produced'), value: quantities.energyKwh(today.pvWh) }]
      : []),
    { key: 'today-import', label: t('imported'), value: quantities.energyKwh(today.gridImportWh) },
    { key: 'today-export', label: t('exported'), value: quantities.energyKwh(today.gridExportWh) },
    { key: 'today-cost', label: t('cost'), value: quantities.money(today.costMoney, price.currency) },
    { key: 'today-saved', label: t('saved'), value: quantities.money(today.savingsMoney, price.currency) },
  ];
  return (
    <dl className={classes.today}>
      {rows.map(({ key, label, value }) => (
        <div key={key} data-testid={key}>
          <dt>{label}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
