/** Which devices of the site settings the box can read and drive, by its catalogue. */
import { boardFamily } from '../catalogue/boards.ts';
import { type Family, idsOf } from '../catalogue/family.ts';
import { INVERTERS } from '../catalogue/inverters.ts';
import { METERS } from '../catalogue/meters.ts';
import { type Entry, isRecord, list, problem } from './loose-settings.ts';
import type { LocatedProblem } from './settings-problem.ts';

export function deviceChecks(site: Record<string, unknown>): LocatedProblem[] {
  const meters = list(site, 'devices', 'meters').filter(
    ({ value: { connection } }) => isRecord(connection) && connection.kind !== 'mqtt',
  );
  return [
    ...unknownMakes(meters, 'meter', METERS),
    ...unknownMakes(list(site, 'devices', 'inverters'), 'inverter', INVERTERS),
    ...undrivableLoads(site),
  ];
}

function unknownMakes(
  entries: readonly Entry[],
  kind: string,
  families: readonly Family[],
): LocatedProblem[] {
  return entries.flatMap(({ at, value: { profile } }) => {
    if (typeof profile !== 'string' || families.some(({ id }) => id === profile)) return [];
    const message = `the box knows no ${kind} "${profile}"`;
    return [problem([...at, 'profile'], message, `choose one of: ${idsOf(families)}`)];
  });
}

/** Loads on a board whose firmware cannot keep what is asked of it. */
function undrivableLoads(site: Record<string, unknown>): LocatedProblem[] {
  const boards = new Map(list(site, 'devices', 'boards').map(({ value }) => [value.id, value]));
  return list(site, 'loads').flatMap(({ at, value: load }) => {
    const board = boards.get(load.board);
    const family = board && boardFamily(String(board.protocol ?? 'wattward'));
    if (!family) return [];
    const { lease, mayFallOn } = family;
    const problems: LocatedProblem[] = [];
    if (load.safeState === 'on' && !mayFallOn) {
      const message = `the ${family.id} board "${load.board}" falls off, never on`;
      problems.push(
        problem([...at, 'safeState'], message, 'use a board with our firmware, or write safeState: off'),
      );
    }
    const { leaseS = 90 } = load;
    if (typeof leaseS === 'number' && (leaseS < lease.shortestS || leaseS > lease.longestS)) {
      const range =
        lease.shortestS === lease.longestS ? `${lease.longestS}` : `${lease.shortestS} to ${lease.longestS}`;
      const message = `the ${family.id} board "${load.board}" keeps a lease of ${range} s, not ${leaseS} s`;
      problems.push(problem([...at, 'leaseS'], message, `write leaseS: ${range}`));
    }
    return problems;
  });
}
