'use client';

import type { SetpointValue } from '@wattward/broker/wire/setpoint';
import { useTranslations } from 'next-intl';
import type { Quantities } from '../format/quantity.ts';
import { useLiveSite } from './live-site.tsx';

/** `7.0 kW`, `20 %`, `Pool heater: on`, `Holding its charge`. */
export function useValueText(quantities: Quantities): (value: SetpointValue) => string {
  const t = useTranslations();
  const { description } = useLiveSite().page;
  const nameOf = (things: readonly { id: string; name: string }[] | undefined, id: string) =>
    things?.find((one) => one.id === id)?.name ?? id;
  return (value) => {
    if ('watts' in value) return quantities.limitKw(value.watts);
    if ('pct' in value) return quantities.percent(value.pct);
    if ('onPct' in value) {
      const numbers = { on: quantities.percent(value.onPct), off: quantities.percent(value.offPct) };
      return t('setpointValue.hysteresis', numbers);
    }
    if ('policy' in value) return t(`planPolicy.${value.policy}`);
    if ('load' in value) {
      const load = nameOf(description?.loads, value.load);
      const times = value.windows
        ?.map(({ from, until }) => `${quantities.dateTime(from)} – ${quantities.time(until)}`)
        .join(', ');
      const switched = t(value.on ? 'setpointValue.loadOn' : 'setpointValue.loadOff', { load });
      return times ? `${switched} (${times})` : switched;
    }
    const parts = [t(`batteryMode.${value.mode}`)];
    if (value.battery !== null) parts.push(nameOf(description?.batteries, value.battery));
    if (value.limitW !== null)
      parts.push(t('setpointValue.limit', { limit: quantities.limitKw(value.limitW) }));
    return parts.join(', ');
  };
}
