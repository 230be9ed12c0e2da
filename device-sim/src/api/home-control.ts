/**
 * What people may do with the objects of a running home, and what they may see. Refusals say code, reason and remedy.
 * Quantities of the moment (state of charge, a tank's temperature, laundry in the machine) may be set like properties.
 */
import { HomeFileError, homeOf, problemsOf } from '../home/home-file.ts';
import { loadStatus } from '../home/load-object.ts';
import type { RunningHome } from '../home/running-home.ts';
import { type Home, type HomeObject, isLoad, OBJECT_SCHEMAS } from '../home/schema.ts';
import { Refusal } from './refusal.ts';

export interface ObjectView {
  readonly id: string;
  readonly name: string;
  readonly kind: HomeObject['kind'];
  readonly properties: Readonly<Record<string, unknown>>;
  readonly state: Readonly<Record<string, unknown>>;
}

export function objectOf(home: Home, id: string): HomeObject {
  const object = home.objects.find((o) => o.id === id);
  if (object) return object;
  const known = home.objects.map((o) => o.id).join(', ');
  throw new Refusal(404, 'no-object', `There is no object "${id}".`, `Choose one of: ${known}.`);
}

export function viewOf(running: RunningHome, object: HomeObject): ObjectView {
  const { id, name, kind, ...properties } = object;
  return { id, name: name ?? id, kind, properties, state: stateOf(running, object) };
}

function stateOf(running: RunningHome, object: HomeObject): Record<string, unknown> {
  const { flows, model, state } = running;
  if (isLoad(object)) {
    const own = state.loads[model.loads.indexOf(object)];
    return {
      powerW: running.loadPowerW(object.id),
      closed: running.isClosed(object.id),
      ...(own ? loadStatus(object, own) : {}),
    };
  }
  switch (object.kind) {
    case 'grid':
      return { on: state.gridOn, powerW: flows.gridW, phaseW: flows.gridPhaseW, supplied: flows.supplied };
    case 'battery': {
      const n = model.plans.findIndex((plan) => plan.battery?.id === object.id);
      return { socPct: running.socPct(n), powerW: flows.inverters[n]?.batteryDcPowerW ?? 0 };
    }
    case 'inverter': {
      const n = model.plans.findIndex((plan) => plan.inverter.id === object.id);
      const order = running.orders[n];
      return {
        acPowerW: flows.inverters[n]?.acPowerW ?? 0,
        state: flows.inverters[n]?.state ?? 'sleeping',
        storage: order?.registers,
        revertsAt: order?.revertsAtMs ? new Date(order.revertsAtMs).toISOString() : null,
        reverts: order?.reverts ?? 0,
      };
    }
    case 'pv': {
      const n = model.plans.findIndex((plan) => plan.inverter.id === object.inverter);
      const i = model.plans[n]?.arrays.findIndex((array) => array.id === object.id) ?? -1;
      return {
        powerW: flows.inverters[n]?.pvArrayW[i] ?? 0,
        availableW: state.inverters[n]?.pvAvailableW[i] ?? 0,
      };
    }
    case 'grid-meter':
      return {
        powerW: flows.gridW,
        importWh: state.totals.gridInJ / 3600,
        exportWh: state.totals.gridOutJ / 3600,
      };
    case 'load-meter':
    case 'board':
      return {};
  }
}

/** A person at the switch of an object. */
export function switchObject(running: RunningHome, id: string, on: boolean): void {
  const object = objectOf(running.home, id);
  if (object.kind === 'grid') running.setGrid(on);
  else if (object.kind === 'appliance') running.changeLoad(id, { on });
  else if (object.kind === 'program') running.changeLoad(id, { loaded: on, doneS: 0 });
  else refuseSwitch(object);
}

function refuseSwitch(object: HomeObject): never {
  const { id } = object;
  if (isLoad(object) && object.relay) {
    throw new Refusal(
      409,
      'relay-switched',
      `"${id}" is switched by relay ${object.relay.channel} of board "${object.relay.board}".`,
      `Press the board's button instead: POST /api/v1/objects/${object.relay.board}/button {"channel":${object.relay.channel}}.`,
    );
  }
  throw new Refusal(
    409,
    'no-switch',
    `A ${object.kind} such as "${id}" has no switch.`,
    'Switch an object of kind grid, appliance or program, or change a property with PATCH.',
  );
}

/** Kinds that stand on a wire: they need ports and credentials, which only a start gives them. */
const WITH_FACE: readonly HomeObject['kind'][] = ['grid', 'grid-meter', 'load-meter', 'board', 'inverter'];

export function addObject(running: RunningHome, object: HomeObject): void {
  refuseFace(object, 'added');
  reshape(running, [...running.home.objects, object]);
}

export function removeObject(running: RunningHome, id: string): void {
  refuseFace(objectOf(running.home, id), 'removed');
  reshape(
    running,
    running.home.objects.filter((object) => object.id !== id),
  );
}

/** Whether two homes have the same objects with faces on a wire. */
export function sameFaces(a: Home, b: Home): boolean {
  const faces = ({ objects }: Home) =>
    objects
      .filter(({ kind }) => WITH_FACE.includes(kind))
      .map(({ id, kind }) => `${kind} ${id}`)
      .sort()
      .join();
  return faces(a) === faces(b);
}

function refuseFace({ id, kind }: HomeObject, done: string): void {
  if (!WITH_FACE.includes(kind)) return;
  throw new Refusal(
    409,
    'needs-restart',
    `"${id}" is a ${kind}: it has ports or credentials and cannot be ${done} while the home runs.`,
    'Change the home file and start the home again.',
  );
}

function reshape(running: RunningHome, objects: readonly HomeObject[]): void {
  try {
    running.replaceHome(homeOf({ ...running.home, objects }, running.home.name));
  } catch (error) {
    if (!(error instanceof HomeFileError)) throw error;
    throw new Refusal(
      400,
      'bad-home',
      error.message,
      'Mend what is named, or remove what refers to it first.',
    );
  }
}

/** Changes properties and quantities of an object; all of them or, when one does not fit, none. */
export function changeObject(
  running: RunningHome,
  id: string,
  change: Readonly<Record<string, unknown>>,
): void {
  const object = objectOf(running.home, id);
  for (const fixed of ['id', 'kind']) {
    if (fixed in change) {
      throw new Refusal(400, 'fixed-property', `"${fixed}" of "${id}" cannot change.`, 'Leave it out.');
    }
  }
  const { quantities, properties } = splitChange(object, change);
  const next = Object.keys(properties).length > 0 ? checked(object, properties) : null;
  for (const apply of quantities) apply(running);
  if (!next) return;
  const objects = running.home.objects.map((o) => (o.id === id ? next : o));
  running.replaceHome({ ...running.home, objects });
}

type Apply = (running: RunningHome) => void;

function splitChange(object: HomeObject, change: Readonly<Record<string, unknown>>) {
  const properties: Record<string, unknown> = { ...change };
  const quantities: Apply[] = [];
  const take = (key: string, make: (value: unknown) => Apply) => {
    if (!(key in properties)) return;
    quantities.push(make(properties[key]));
    delete properties[key];
  };
  const { id } = object;
  switch (object.kind) {
    case 'battery':
      take('socPct', (value) => {
        const socPct = numberIn(id, 'socPct', value, { min: 0, max: 100 });
        return (running) => running.setSoc(id, socPct);
      });
      break;
    case 'ev':
      take('socPct', (value) => {
        const share = numberIn(id, 'socPct', value, { min: 0, max: 100 }) / 100;
        return (running) => running.changeLoad(id, { storedJ: object.batteryWh * 3600 * share });
      });
      break;
    case 'water-heater':
      take('temperatureC', (value) => {
        const temperatureC = numberIn(id, 'temperatureC', value, { min: 1, max: 95 });
        return (running) => running.changeLoad(id, { temperatureC });
      });
      break;
    case 'program':
      take('loaded', (value) => {
        const loaded = booleanIn(id, 'loaded', value);
        return (running) => running.changeLoad(id, { loaded, doneS: 0 });
      });
      break;
    case 'appliance':
      take('on', (value) => {
        const on = booleanIn(id, 'on', value);
        return (running) => running.changeLoad(id, { on });
      });
      break;
    case 'grid':
      take('on', (value) => {
        const on = booleanIn(id, 'on', value);
        return (running) => running.setGrid(on);
      });
      break;
  }
  return { quantities, properties };
}

function checked(object: HomeObject, properties: Readonly<Record<string, unknown>>): HomeObject {
  const data = { ...object, ...properties };
  const result = OBJECT_SCHEMAS[object.kind].safeParse(data);
  if (result.success) return result.data as HomeObject;
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, data));
  const words = problems.map(({ where, message }) => `${object.id}: ${where}: ${message}`).join('; ');
  throw new Refusal(400, 'bad-property', `${words}.`, 'See device-sim/README.md for properties and bounds.');
}

function numberIn(
  id: string,
  key: string,
  value: unknown,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  throw new Refusal(
    400,
    'bad-property',
    `${id}: ${key} must be a number from ${min} to ${max}.`,
    'Mend the value.',
  );
}

function booleanIn(id: string, key: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new Refusal(400, 'bad-property', `${id}: ${key} must be true or false.`, 'Mend the value.');
}
