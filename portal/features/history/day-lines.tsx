'use client';

import { useReducedMotion } from '@mantine/hooks';
import { useTranslations } from 'next-intl';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { AxisDomain } from 'recharts/types/util/types';
import type { HistoryDay } from '../../contract/api.ts';
import { axisText, CHART_FIELDS, type ChartKind, fieldText, type Reading } from './chart-fields.ts';
import { type DayRow, hourTicks } from './day-chart.ts';
import classes from './history.module.css';

/** A price stands on zero, so that its changes are not made larger than they are. */
const AXIS_DOMAIN: Record<ChartKind, AxisDomain> = {
  power: ['auto', 'auto'],
  soc: [0, 100],
  price: [(lowest: number) => Math.min(0, lowest), (highest: number) => Math.ceil(highest * 11) / 10],
};

export interface DayLinesProps extends Reading {
  readonly day: HistoryDay;
  readonly rows: readonly DayRow[];
  readonly kind: ChartKind;
  readonly heightPx: number;
  readonly label: string;
}

/** The chart itself; loaded only when it is seen, since the drawing library is the heaviest part of the portal. */
export function DayLines(props: DayLinesProps) {
  const { day, rows, kind, heightPx, label } = props;
  const t = useTranslations('history');
  const still = useReducedMotion();
  const fields = CHART_FIELDS[kind].filter(({ field }) => rows.some((row) => row[field] !== null));
  const axis = { tick: { fill: 'var(--ww-muted)', fontSize: 12 }, tickLine: false, axisLine: false } as const;
  return (
    <div role="img" aria-label={label}>
      <ul className={classes.legend}>
        {fields.map(({ field, colour, dash }) => (
          <li key={field}>
            <svg width="22" height="8" aria-hidden="true">
              <line x1="0" y1="4" x2="22" y2="4" stroke={colour} strokeWidth="2.5" strokeDasharray={dash} />
            </svg>
            {t(field)}
          </li>
        ))}
      </ul>
      <ResponsiveContainer width="100%" height={heightPx}>
        <ComposedChart data={[...rows]} margin={{ top: 8, right: 8, bottom: 0, left: 0 }} accessibilityLayer>
          <CartesianGrid vertical={false} stroke="var(--ww-border)" />
          <XAxis
            dataKey="atMs"
            type="number"
            scale="time"
            domain={[Date.parse(day.from), Date.parse(day.to)]}
            ticks={hourTicks(day, 3)}
            tickFormatter={(ms: number) => props.quantities.time(ms)}
            minTickGap={24}
            {...axis}
          />
          <YAxis
            width={64}
            tickFormatter={(value: number) => axisText(kind, value, props)}
            domain={AXIS_DOMAIN[kind]}
            tickCount={kind === 'power' ? 6 : 5}
            {...axis}
          />
          {kind === 'power' && <ReferenceLine y={0} stroke="var(--ww-border-strong)" />}
          <Tooltip
            isAnimationActive={!still}
            content={({ payload }) => (
              <Readout row={payload[0]?.payload as DayRow | undefined} kind={kind} reading={props} />
            )}
          />
          {fields.map(({ field, colour, fill, dash, step }) => {
            const look = {
              dataKey: field,
              type: step ? ('stepAfter' as const) : ('linear' as const),
              stroke: colour,
              strokeWidth: 1.8,
              dot: false,
              connectNulls: false,
              isAnimationActive: false,
              ...(dash ? { strokeDasharray: dash } : {}),
            };
            return fill ? (
              <Area key={field} {...look} fill={colour} fillOpacity={0.14} />
            ) : (
              <Line key={field} {...look} />
            );
          })}
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
}

/** What stood at the instant pointed at. */
function Readout(props: {
  readonly row: DayRow | undefined;
  readonly kind: ChartKind;
  readonly reading: Reading;
}) {
  const t = useTranslations('history');
  const { row, kind, reading } = props;
  if (!row) return null;
  return (
    <dl className={classes.readout}>
      <p>{reading.quantities.time(row.atMs)}</p>
      {CHART_FIELDS[kind].map(({ field, colour }) => (
        <div key={field}>
          <dt className={classes.readoutName}>
            <span style={{ background: colour }} />
            {t(field)}
          </dt>
          <dd>{fieldText(kind, row[field], reading)}</dd>
        </div>
      ))}
    </dl>
  );
}
