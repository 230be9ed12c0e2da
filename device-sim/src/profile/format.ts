/** File formats of measured homes, recognised by their header. Each says where load and PV stand, and in what unit. */

export interface ProfileFormat {
  readonly name: string;
  readonly loadColumn: string;
  readonly pvColumn: string | null;
  readonly wattsPerUnit: number;
  /** A load of exactly zero means that nothing was recorded. */
  readonly zeroIsMissing: boolean;
}

export const PROFILE_FORMATS: readonly ProfileFormat[] = [
  {
    name: 'REFIT, one minute',
    loadColumn: 'Aggregate',
    pvColumn: null,
    wattsPerUnit: 1,
    zeroIsMissing: true,
  },
  {
    name: 'Home Assistant export, half an hour',
    loadColumn: 'sensor.power_load_no_var_loads',
    pvColumn: 'sensor.power_photovoltaics',
    wattsPerUnit: 1,
    zeroIsMissing: false,
  },
  {
    name: 'Ausgrid solar home, half an hour',
    loadColumn: 'GC',
    pvColumn: 'GG',
    wattsPerUnit: 1000,
    zeroIsMissing: false,
  },
  {
    name: 'Trondheim home, one hour',
    loadColumn: 'Load (kW)',
    pvColumn: null,
    wattsPerUnit: 1000,
    zeroIsMissing: false,
  },
  {
    name: 'Wattward',
    loadColumn: 'loadW',
    pvColumn: 'pvW',
    wattsPerUnit: 1,
    zeroIsMissing: false,
  },
];

export interface ProfileLayout {
  readonly format: ProfileFormat;
  readonly loadAt: number;
  /** -1 where the file has no PV. */
  readonly pvAt: number;
}

/** How to read lines below `header`; undefined when no format fits. */
export function layoutOf(header: string): ProfileLayout | undefined {
  const columns = header.trim().split(',');
  for (const format of PROFILE_FORMATS) {
    const loadAt = columns.indexOf(format.loadColumn);
    if (loadAt < 0) continue;
    return { format, loadAt, pvAt: format.pvColumn === null ? -1 : columns.indexOf(format.pvColumn) };
  }
  return undefined;
}

export interface ProfileRow {
  /** As written: local time of the home where it names no offset. */
  readonly time: string;
  readonly loadW: number | null;
  readonly pvW: number | null;
}

export function readRow(layout: ProfileLayout, line: string): ProfileRow | undefined {
  const cells = line.split(',');
  const time = cells[0]?.trim();
  if (!time) return undefined;
  const { wattsPerUnit, zeroIsMissing } = layout.format;
  const watts = (at: number) => {
    const text = cells[at]?.trim();
    if (!text) return null;
    const value = Number(text) * wattsPerUnit;
    return Number.isFinite(value) ? value : null;
  };
  const loadW = watts(layout.loadAt);
  const missing = loadW === null || (zeroIsMissing && loadW === 0);
  // Where the load was recorded and the PV column is empty, it was dark.
  const pvW = layout.pvAt < 0 ? null : (watts(layout.pvAt) ?? (missing ? null : 0));
  return { time, loadW: missing ? null : Math.max(0, loadW), pvW: pvW === null ? null : Math.max(0, pvW) };
}
