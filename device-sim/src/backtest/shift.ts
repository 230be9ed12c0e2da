/**
 * A water heater that runs by the sun instead of by the clock. Its measured runs are not told apart from the rest of
 * a home's load, so the question is asked on a stated assumption: so much energy a day, drawn in the night hours
 * before, moved into that day's own surplus; what finds none stays in the night. Energy is neither made nor lost.
 */
import type { Series, SeriesRow } from './series.ts';

export interface ShiftedLoad {
  readonly energyWhPerDay: number;
  readonly powerW: number;
}

const DAY_MS = 86_400_000;
const NIGHT_HOURS = 6;

export interface Shifted {
  readonly series: Series;
  readonly movedWh: number;
}

/** @param offsetMs from UTC to local standard time: which rows make a day. */
export function shiftIntoSurplus(series: Series, load: ShiftedLoad, offsetMs: number): Shifted {
  const days = Map.groupBy(series.rows, (row) => Math.floor((row.startMs + offsetMs) / DAY_MS));
  const hours = series.stepMs / 3_600_000;
  const rows: SeriesRow[] = [];
  let movedWh = 0;
  for (const day of days.values()) {
    const night = day.filter((row) => ((row.startMs + offsetMs) % DAY_MS) / 3_600_000 < NIGHT_HOURS);
    // Never more than was drawn at night: a load that was not there cannot be moved.
    const drawnWh = night.map((row) => Math.min(row.loadW, load.powerW) * hours);
    const roomWh = day.map((row) => Math.max(0, Math.min(load.powerW, row.pvW - row.loadW)) * hours);
    const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
    const moveWh = Math.min(load.energyWhPerDay, sum(drawnWh), sum(roomWh));
    movedWh += moveWh;
    const outShare = sum(drawnWh) > 0 ? moveWh / sum(drawnWh) : 0;
    const inShare = sum(roomWh) > 0 ? moveWh / sum(roomWh) : 0;
    for (const [i, row] of day.entries()) {
      const at = night.indexOf(row);
      const out = at < 0 ? 0 : (drawnWh[at] ?? 0) * outShare;
      rows.push({ ...row, loadW: row.loadW + ((roomWh[i] ?? 0) * inShare - out) / hours });
    }
  }
  return { series: { ...series, rows }, movedWh };
}
