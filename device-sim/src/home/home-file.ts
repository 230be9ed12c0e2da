/** A home read from YAML and checked whole: every mistake is told at once, by object and property. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import type * as z from 'zod';
import { type Home, homeFile, isLoad } from './schema.ts';

export interface HomeProblem {
  /** `pool-heater: powerW`, or a path outside the objects. */
  readonly where: string;
  readonly message: string;
}

export class HomeFileError extends Error {
  readonly code = 'bad-home';
  readonly problems: readonly HomeProblem[];

  constructor(file: string, problems: readonly HomeProblem[]) {
    const lines = problems.map(({ where, message }) => `  ${where}: ${message}`);
    super(`${file} does not describe a home:\n${lines.join('\n')}`);
    this.problems = problems;
  }
}

/** @throws HomeFileError with everything that is wrong. */
export function readHome(file: string): Home {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new HomeFileError(file, [{ where: 'file', message: 'cannot be read; check the path' }]);
  }
  const home = parseHome(text, file);
  const beside = (name: string) => path.resolve(path.dirname(file), name);
  return {
    ...home,
    ...(home.profile === undefined ? {} : { profile: beside(home.profile) }),
    ...(home.weather === undefined ? {} : { weather: beside(home.weather) }),
  };
}

export function parseHome(text: string, file = 'home'): Home {
  let data: unknown;
  try {
    data = parse(text);
  } catch (cause) {
    const message = cause instanceof YAMLParseError ? cause.message.split('\n')[0] : String(cause);
    throw new HomeFileError(file, [{ where: 'file', message: `is no YAML: ${message}` }]);
  }
  return homeOf(data, file);
}

/** A home from data that was read already. @throws HomeFileError with everything that is wrong. */
export function homeOf(data: unknown, file: string): Home {
  const result = homeFile.safeParse(data);
  const problems = result.success ? [] : result.error.issues.flatMap((issue) => problemsOf(issue, data));
  problems.push(...wiringProblems(data));
  if (result.success && problems.length === 0) return result.data;
  throw new HomeFileError(file, problems);
}

/** The problems of one object, e.g. after a change of a property while the home runs. */
export function problemsOf(issue: z.core.$ZodIssue, data: unknown): HomeProblem[] {
  const where = placeOf(issue.path, data);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      where: `${where}${where ? ': ' : ''}${key}`,
      message: 'is no property here; remove it or check its spelling and unit',
    }));
  }
  if (issue.code === 'invalid_union') {
    return [
      {
        where: where.endsWith('kind') ? where : `${where}: kind`,
        message: 'is no kind of object; see device-sim/README.md for the list',
      },
    ];
  }
  return [{ where: where || 'file', message: issue.message }];
}

function placeOf(path: readonly PropertyKey[], data: unknown): string {
  if (path[0] !== 'objects' || typeof path[1] !== 'number') return path.join('.');
  const object: unknown = entries(data)[path[1]];
  const id = isRecord(object) && typeof object.id === 'string' ? object.id : `objects[${path[1]}]`;
  const property = path.slice(2).join('.');
  return property ? `${id}: ${property}` : id;
}

/** References between objects, on data that may be wrong elsewhere. */
function wiringProblems(data: unknown): HomeProblem[] {
  const objects = entries(data).filter(isRecord);
  const problems: HomeProblem[] = [];
  const kinds = new Map<unknown, unknown>();
  for (const { id, kind } of objects) {
    if (typeof id !== 'string') continue;
    if (kinds.has(id))
      problems.push({ where: `${id}: id`, message: 'is used twice; give each object its own' });
    kinds.set(id, kind);
  }
  const refer = (object: Entry, property: string, target: unknown, kind: string) => {
    if (typeof target !== 'string' || kinds.get(target) === kind) return;
    const known = [...kinds].filter(([, k]) => k === kind).map(([id]) => id);
    const message = `there is no ${kind} "${target}"; choose one of: ${known.join(', ') || 'none, add one'}`;
    problems.push({ where: `${object.id}: ${property}`, message });
  };
  const relays = new Map<string, unknown>();
  for (const object of objects) {
    if (object.kind === 'pv' || object.kind === 'battery')
      refer(object, 'inverter', object.inverter, 'inverter');
    if (isRecord(object.relay)) {
      refer(object, 'relay.board', object.relay.board, 'board');
      const relay = `${object.relay.board} ${object.relay.channel}`;
      const other = relays.get(relay);
      if (other) problems.push({ where: `${object.id}: relay`, message: `already switches "${other}"` });
      relays.set(relay, object.id);
    }
    if (object.kind === 'load-meter' && isRecord(object.signals)) {
      for (const [signal, target] of Object.entries(object.signals)) {
        if (objects.some((o) => o.id === target && isLoad(o as never))) continue;
        problems.push({ where: `${object.id}: signals.${signal}`, message: `there is no load "${target}"` });
      }
    }
  }
  problems.push(...inverterProblems(objects));
  const grids = objects.filter(({ kind }) => kind === 'grid').length;
  if (objects.length > 0 && grids !== 1) {
    problems.push({
      where: 'objects',
      message: `hold ${grids} objects of kind grid; a home has exactly one`,
    });
  }
  if (isRecord(data) && typeof data.zone === 'string' && !isZone(data.zone)) {
    problems.push({
      where: 'zone',
      message: `"${data.zone}" is no time zone; write one such as Europe/Berlin`,
    });
  }
  return problems;
}

/** What hangs on each inverter has to fit its inputs. */
function inverterProblems(objects: readonly Entry[]): HomeProblem[] {
  return objects.flatMap((inverter) => {
    if (inverter.kind !== 'inverter') return [];
    const on = (kind: string) => objects.filter((o) => o.kind === kind && o.inverter === inverter.id);
    const arrays = on('pv').map(({ id }) => id);
    const batteries = on('battery').map(({ id }) => id);
    const inputs =
      inverter.coupling === 'ac' ? 0 : typeof inverter.mppInputs === 'number' ? inverter.mppInputs : 2;
    const found: HomeProblem[] = curveProblems(inverter);
    if (arrays.length > inputs) {
      const message =
        inverter.coupling === 'ac'
          ? `is an AC-coupled battery inverter and takes no arrays; put ${arrays.join(', ')} on another one`
          : `has inputs for ${inputs} arrays, but ${arrays.join(', ')} hang on it; raise mppInputs or add an inverter`;
      found.push({ where: `${inverter.id}: mppInputs`, message });
    }
    if (batteries.length > 1) {
      const message = `carries one battery, but ${batteries.join(', ')} hang on it; give each its own inverter`;
      found.push({ where: `${inverter.id}: battery`, message });
    }
    return found;
  });
}

/** More AC power needs more DC power, from point to point. */
function curveProblems({ id, efficiencyCurve }: Entry): HomeProblem[] {
  if (!Array.isArray(efficiencyCurve)) return [];
  let [loadBefore, dcBefore] = [0, 0];
  for (const point of efficiencyCurve.filter(isRecord)) {
    const load = Number(point.loadPct);
    const dc = load / Number(point.efficiencyPct);
    if (load <= loadBefore || dc <= dcBefore) {
      const message = `at ${load} % it does not rise: order the points by load, with efficiencies that a converter can have`;
      return [{ where: `${id}: efficiencyCurve`, message }];
    }
    [loadBefore, dcBefore] = [load, dc];
  }
  return [];
}

type Entry = Record<string, unknown>;

function entries(data: unknown): unknown[] {
  return isRecord(data) && Array.isArray(data.objects) ? data.objects : [];
}

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

function isRecord(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
