/**
 * What no single field can know: references, duplicates and orders between fields.
 *
 * Reads tolerantly, because it also runs on settings whose shape is wrong elsewhere: one report names everything.
 */
import { deviceChecks } from './device-checks.ts';
import { type Entry, isRecord, type Loose, list, problem } from './loose-settings.ts';
import type { LocatedProblem, Path } from './settings-problem.ts';

export function crossChecks(site: unknown): LocatedProblem[] {
  if (!isRecord(site)) return [];
  return [
    ...duplicateIds(site),
    ...gridMeter(site),
    ...deviceChecks(site),
    ...loadReferences(site),
    ...sharedRelays(site),
    ...batteryChecks(site),
    ...orders(site),
    ...zone(site),
  ];
}

function devices(site: Loose): Entry[] {
  return [
    ...list(site, 'devices', 'meters'),
    ...list(site, 'devices', 'inverters'),
    ...list(site, 'devices', 'boards'),
  ];
}

function duplicateIds(site: Loose): LocatedProblem[] {
  const out: LocatedProblem[] = [];
  for (const group of [devices(site), list(site, 'batteries'), list(site, 'loads')]) {
    const first = new Map<unknown, Entry>();
    for (const entry of group) {
      const id = entry.value.id;
      if (typeof id !== 'string') continue;
      if (first.has(id)) {
        out.push(problem([...entry.at, 'id'], `the id "${id}" is used twice`, 'give each its own id'));
      } else first.set(id, entry);
    }
  }
  return out;
}

function gridMeter(site: Loose): LocatedProblem[] {
  const meters = list(site, 'devices', 'meters').filter((meter) => meter.value.role === 'grid');
  if (meters.length === 1) return [];
  const at: Path = meters[1] ? [...meters[1].at, 'role'] : ['devices', 'meters'];
  const message = meters.length === 0 ? 'there is no grid meter' : 'there are several grid meters';
  return [problem(at, message, 'give exactly one meter the role "grid"')];
}

function loadReferences(site: Loose): LocatedProblem[] {
  const boards = new Map(list(site, 'devices', 'boards').map((board) => [board.value.id, board.value]));
  const meters = new Set(devices(site).map((device) => device.value.id));
  const phases = isRecord(site.grid) ? site.grid.phases : 3;
  const out: LocatedProblem[] = [];
  for (const { at, value: load } of list(site, 'loads')) {
    const board = boards.get(load.board);
    if (typeof load.board === 'string' && board === undefined) {
      const known = [...boards.keys()].join(', ') || 'none';
      out.push(
        problem(
          [...at, 'board'],
          `there is no board "${load.board}"`,
          `choose one of devices.boards: ${known}`,
        ),
      );
    }
    const channels = board === undefined ? undefined : (board.channels ?? 4);
    if (typeof load.channel === 'number' && typeof channels === 'number' && load.channel > channels) {
      const message = `the board "${load.board}" has ${channels} relays, not ${load.channel}`;
      out.push(problem([...at, 'channel'], message, `choose 1 to ${channels}`));
    }
    if (isRecord(load.power) && typeof load.power.meter === 'string' && !meters.has(load.power.meter)) {
      const message = `there is no meter "${load.power.meter}"`;
      out.push(problem([...at, 'power', 'meter'], message, 'name a device of devices.meters'));
    }
    if (phases === 1 && (load.phase === 'L2' || load.phase === 'L3')) {
      const message = `a one-phase connection has no ${load.phase}`;
      out.push(problem([...at, 'phase'], message, 'write L1, or set grid.phases to 3'));
    }
    out.push(...targetChecks(at, load));
  }
  return out;
}

function targetChecks(at: Path, load: Loose): LocatedProblem[] {
  const out: LocatedProblem[] = [];
  if (isRecord(load.target)) {
    const target = load.target;
    const given = ['runMin', 'energyWh'].filter((key) => isNumber(target, key));
    if (given.length !== 1) {
      const message =
        given.length === 0 ? 'says neither run time nor energy' : 'says both run time and energy';
      out.push(problem([...at, 'target'], message, 'give exactly one of runMin and energyWh'));
    }
  }
  if (isRecord(load.current) && isNumber(load.current, 'minA') && isNumber(load.current, 'maxA')) {
    if (Number(load.current.minA) > Number(load.current.maxA)) {
      out.push(problem([...at, 'current', 'minA'], 'minA is above maxA', 'let minA be at most maxA'));
    }
  }
  return out;
}

function sharedRelays(site: Loose): LocatedProblem[] {
  const users = new Map<string, unknown>();
  const out: LocatedProblem[] = [];
  for (const { at, value: load } of list(site, 'loads')) {
    if (typeof load.board !== 'string' || typeof load.channel !== 'number') continue;
    const relay = `${load.board} ${load.channel}`;
    const other = users.get(relay);
    if (other !== undefined) {
      const message = `relay ${load.channel} of "${load.board}" already switches "${other}"`;
      out.push(problem([...at, 'channel'], message, 'give each load its own relay'));
    } else users.set(relay, load.id ?? load.name);
  }
  return out;
}

function batteryChecks(site: Loose): LocatedProblem[] {
  const inverters = list(site, 'devices', 'inverters').map((inverter) => inverter.value.id);
  const out: LocatedProblem[] = [];
  for (const { at, value: battery } of list(site, 'batteries')) {
    if (typeof battery.inverter === 'string' && !inverters.includes(battery.inverter)) {
      const message = `there is no inverter "${battery.inverter}"`;
      const remedy = `choose one of devices.inverters: ${inverters.join(', ') || 'none'}`;
      out.push(problem([...at, 'inverter'], message, remedy));
    }
    const on = battery.dischargeOnPct ?? 40;
    const off = battery.dischargeOffPct ?? 35;
    if (typeof on === 'number' && typeof off === 'number' && off >= on) {
      const message = `discharge would end at ${off} % and start at ${on} %`;
      out.push(problem([...at, 'dischargeOffPct'], message, 'let dischargeOffPct be below dischargeOnPct'));
    }
    const reserve = battery.reservePct ?? 10;
    const ceiling = battery.ceilingPct ?? 100;
    if (typeof reserve === 'number' && typeof ceiling === 'number' && reserve >= ceiling) {
      const message = `a reserve of ${reserve} % leaves nothing below the ceiling of ${ceiling} %`;
      out.push(problem([...at, 'reservePct'], message, 'let reservePct be below ceilingPct'));
    }
  }
  return out;
}

/** Numbers that must stand in an order: bounds, factors of the fuse, times of the trust rule, installed values. */
function orders(site: Loose): LocatedProblem[] {
  const out: LocatedProblem[] = [];
  const bounds = isRecord(site.bounds) ? site.bounds : {};
  for (const [key, bound] of Object.entries(bounds)) {
    if (
      isRecord(bound) &&
      isNumber(bound, 'min') &&
      isNumber(bound, 'max') &&
      Number(bound.min) > Number(bound.max)
    ) {
      out.push(problem(['bounds', key, 'min'], 'the least value is above the largest', 'swap min and max'));
    }
  }
  const ascending: [string, string, string][] = [
    ['signals.frequency', 'minHz', 'maxHz'],
    ['trust', 'noNewOnS', 'failsafeS'],
    ['fuse', 'slowFactor', 'mediumFactor'],
    ['fuse', 'mediumFactor', 'fastFactor'],
    ['returns', 'minShedS', 'maxBackoffS'],
    ['surplus', 'probeWaitS', 'probeMaxWaitS'],
    ['price', 'lowPricePerKwh', 'highPricePerKwh'],
    ['commands', 'suspectS', 'offlineS'],
  ];
  const control = isRecord(site.control) ? site.control : {};
  for (const [section, low, high] of ascending) {
    const part = section
      .split('.')
      .reduce<unknown>((at, key) => (isRecord(at) ? at[key] : undefined), control);
    if (!isRecord(part) || !isNumber(part, low) || !isNumber(part, high)) continue;
    if (Number(part[low]) > Number(part[high])) {
      out.push(
        problem(
          ['control', ...section.split('.'), low],
          `${low} is above ${high}`,
          `let ${low} be at most ${high}`,
        ),
      );
    }
  }
  return out;
}

function zone(site: Loose): LocatedProblem[] {
  if (typeof site.zone !== 'string') return [];
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: site.zone });
    return [];
  } catch {
    return [problem(['zone'], `"${site.zone}" is no time zone`, 'write an IANA name such as Europe/Berlin')];
  }
}

function isNumber(value: object, key: string): boolean {
  return typeof (value as Loose)[key] === 'number';
}
