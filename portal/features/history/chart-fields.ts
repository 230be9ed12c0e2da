/** What each chart of a day shows, as data: field, colour, line. A dash tells lines apart without colour. */
import type { Quantities } from '../format/quantity.ts';
import type { DayField } from './day-chart.ts';

export type ChartKind = 'power' | 'soc' | 'price';

export interface ChartField {
  readonly field: DayField;
  readonly colour: string;
  readonly dash?: string;
  readonly fill?: boolean;
  /** Holds its value until the next one, as a price does. */
  readonly step?: boolean;
}

export const CHART_FIELDS: Record<ChartKind, readonly ChartField[]> = {
  power: [
    { field: 'pvPowerW', colour: 'var(--ww-solar)', fill: true },
    { field: 'consumptionW', colour: 'var(--ww-house)' },
    { field: 'batteryPowerW', colour: 'var(--ww-battery)', dash: '6 3' },
    { field: 'gridPowerW', colour: 'var(--ww-grid)', dash: '2 2' },
  ],
  soc: [{ field: 'batterySocPct', colour: 'var(--ww-battery)', fill: true }],
  price: [{ field: 'importPricePerKwh', colour: 'var(--ww-grid)', step: true }],
};

export interface Reading {
  readonly quantities: Quantities;
  readonly currency: string;
}

/** A value of a chart as text, with its unit. */
export function fieldText(kind: ChartKind, value: number | null, { quantities, currency }: Reading): string {
  switch (kind) {
    case 'power':
      return quantities.powerKw(value);
    case 'soc':
      return quantities.percent(value, 1);
    case 'price':
      return quantities.pricePerKwh(value, currency);
  }
}

/** The same on an axis, where there is less room. */
export function axisText(kind: ChartKind, value: number, { quantities, currency }: Reading): string {
  switch (kind) {
    case 'power':
      return quantities.powerKw(value, Number.isInteger(value / 1000) ? 0 : 1);
    case 'soc':
      return quantities.percent(value);
    case 'price':
      return quantities.money(value, currency);
  }
}
