/** Operations on the objects of a home, their boards and their faults. */
import * as z from 'zod';
import type { BoardHandle } from '../faces/board-handle.ts';
import { FAULT_KINDS, FAULTS, type FaultSet, faultRequest } from '../faces/fault.ts';
import { homeObject } from '../home/schema.ts';
import { addObject, changeObject, objectOf, removeObject, switchObject, viewOf } from './home-control.ts';
import { type Operation, type World, withBody } from './operation.ts';
import { Refusal } from './refusal.ts';

const onOff = z.strictObject({ on: z.boolean() });

export const OBJECT_OPERATIONS: readonly Operation[] = [
  {
    name: 'list-objects',
    method: 'GET',
    path: 'objects',
    summary: 'All objects with properties and state; boards show their relays.',
    run: (world) => ({ objects: world.running.home.objects.map(({ id }) => view(world, id)) }),
  },
  {
    name: 'show-object',
    method: 'GET',
    path: 'objects/:id',
    summary: 'One object with properties and state.',
    run: (world, { id }) => view(world, id),
  },
  withBody({
    name: 'add-object',
    method: 'POST',
    path: 'objects',
    summary: 'A new object, as it would stand in the home file.',
    body: homeObject,
    example: { id: 'sauna', kind: 'appliance', phase: 'all', powerW: 6000 },
    run(world, { body }) {
      if (world.elsewhere.size > 0) refuseElsewhere(body.id);
      addObject(world.running, body);
      world.changed();
      return view(world, body.id);
    },
  }),
  withBody({
    name: 'change-object',
    method: 'PATCH',
    path: 'objects/:id',
    summary: 'Properties of an object, and quantities of the moment: socPct, temperatureC, loaded, on.',
    body: z.record(z.string(), z.unknown()),
    example: { powerW: 2000 },
    run(world, { id, body }) {
      if (world.elsewhere.has(id)) refuseElsewhere(id);
      changeObject(world.running, id, body);
      world.changed();
      return view(world, id);
    },
  }),
  {
    name: 'remove-object',
    method: 'DELETE',
    path: 'objects/:id',
    summary: 'Takes an object out of the home.',
    run(world, { id }) {
      if (world.elsewhere.has(id)) refuseElsewhere(id);
      removeObject(world.running, id);
      world.changed();
      return { removed: id };
    },
  },
  withBody({
    name: 'switch-object',
    method: 'POST',
    path: 'objects/:id/switch',
    summary: "A person's hand: appliance, program (laundry in), grid.",
    body: onOff,
    example: { on: true },
    run(world, { id, body }) {
      if (world.elsewhere.has(id)) refuseElsewhere(id);
      switchObject(world.running, id, body.on);
      return view(world, id);
    },
  }),
  withBody({
    name: 'press-button',
    method: 'POST',
    path: 'objects/:id/button',
    summary: 'The button of a board.',
    body: z.strictObject({ channel: z.number().int().min(1).max(4) }),
    example: { channel: 1 },
    run(world, { id, body }) {
      boardOf(world, id).button(body.channel);
      return view(world, id);
    },
  }),
  withBody({
    name: 'board-power',
    method: 'POST',
    path: 'boards/:id/power',
    summary: 'The supply of a board, named by object or by its name on the broker.',
    body: onOff,
    example: { on: false },
    run(world, { id, body }) {
      const board = boardOf(world, id);
      board.setPower(body.on);
      return board.status();
    },
  }),
  withBody({
    name: 'board-link',
    method: 'POST',
    path: 'boards/:id/link',
    summary: 'The way of a board to the broker.',
    body: onOff,
    example: { on: false },
    run(world, { id, body }) {
      const board = boardOf(world, id);
      board.setLink(body.on);
      return board.status();
    },
  }),
  {
    name: 'list-faults',
    method: 'GET',
    path: 'faults',
    summary: 'Faults that hold now by object, and all kinds there are.',
    run: ({ faults }) => ({
      kinds: FAULTS,
      objects: Object.fromEntries([...faults].map(([id, set]) => [id, set.list()])),
    }),
  },
  withBody({
    name: 'set-fault',
    method: 'POST',
    path: 'objects/:id/faults',
    summary:
      'Something goes wrong with the face of an object, for `forS` seconds of the home or until cleared.',
    body: faultRequest,
    example: { kind: 'no-answer', forS: 60 },
    run(world, { id, body }) {
      const set = faultsOf(world, id);
      const { faces, about } = FAULTS[body.kind];
      if (!(faces as readonly string[]).includes(set.face)) {
        const possible = FAULT_KINDS.filter((kind) =>
          (FAULTS[kind].faces as readonly string[]).includes(set.face),
        );
        throw new Refusal(
          409,
          'no-such-fault-here',
          `"${id}" speaks ${set.face}, which cannot show "${body.kind}" (${about}).`,
          `Choose one of: ${possible.join(', ')}.`,
        );
      }
      set.set(body);
      return { id, faults: set.list() };
    },
  }),
  {
    name: 'clear-faults',
    method: 'DELETE',
    path: 'objects/:id/faults',
    summary: 'The face of an object is well again.',
    run(world, { id }) {
      const set = faultsOf(world, id);
      set.clear();
      return { id, faults: set.list() };
    },
  },
];

function refuseElsewhere(id: string): never {
  throw new Refusal(
    409,
    'object-elsewhere',
    `The objects of this home are processes of their own, and "${id}" keeps its state there.`,
    'Change the home file and start that process again; stop it to take the object out of the home.',
  );
}

function view(world: World, id: string) {
  const object = objectOf(world.running.home, id);
  const seen = viewOf(world.running, object);
  const board = world.boards.get(id);
  return board ? { ...seen, state: board.status() } : seen;
}

/** A board is named by its object or by its identity on the broker, which is what an installer sees. */
function boardOf(world: World, id: string): BoardHandle {
  const named = world.boards.get(id) ?? [...world.boards.values()].find((board) => board.id === id);
  if (named) return named;
  const object = objectOf(world.running.home, id);
  throw new Refusal(
    409,
    'no-button',
    `"${id}" is a ${object.kind} and has no button.`,
    'Name an object of kind board.',
  );
}

function faultsOf(world: World, id: string): FaultSet {
  const set = world.faults.get(id);
  if (set) return set;
  const object = objectOf(world.running.home, id);
  throw new Refusal(
    409,
    'no-face',
    `"${id}" is a ${object.kind} and has no face on a wire that could fail.`,
    `Name one of: ${[...world.faults.keys()].join(', ')}.`,
  );
}
