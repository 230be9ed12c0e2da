/**
 * What can be done with a running home: one table that the HTTP routes, the requests over MQTT, the OpenAPI document
 * and the tests all read. An operation names an object by `id` or nothing, takes a body or none, and answers JSON.
 */
import * as z from 'zod';
import type { BoardHandle } from '../faces/board-handle.ts';
import type { FaultSet } from '../faces/fault.ts';
import type { RunningHome } from '../home/running-home.ts';
import type { SiteClock } from '../home/site-clock.ts';
import type { Outages } from './outages.ts';
import { Refusal } from './refusal.ts';

/** All that operations work on. */
export interface World {
  readonly running: RunningHome;
  readonly siteId: string;
  readonly clock: SiteClock;
  /** Boards by object id. */
  readonly boards: ReadonlyMap<string, BoardHandle>;
  /** Objects with a face on a wire, by object id. */
  readonly faults: ReadonlyMap<string, FaultSet>;
  readonly outages: Outages;
  /** Objects that are processes of their own. */
  readonly elsewhere: ReadonlySet<string>;
  /** Wires, contacts, objects or the date may have changed. */
  readonly changed: () => void;
}

export interface Operation {
  /** Last level of its topic on MQTT; unique. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/api/v1/`; `:id` where an object is named. */
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  /** A body that fits, for refusals and the documentation. */
  readonly example?: unknown;
  /** @throws Refusal */
  run(world: World, request: { readonly id: string; readonly body: unknown }): unknown;
}

/** An operation with a body, whose `run` gets it parsed. */
export function withBody<T>(
  operation: Omit<Operation, 'run' | 'body' | 'example'> & {
    readonly body: z.ZodType<T>;
    readonly example: unknown;
    run(world: World, request: { readonly id: string; readonly body: T }): unknown;
  },
): Operation {
  return {
    ...operation,
    run: (world, { id, body }) =>
      operation.run(world, { id, body: parsedBody(operation.body, body, operation.example) }),
  };
}

function parsedBody<T>(schema: z.ZodType<T>, body: unknown, example: unknown): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const words = z.prettifyError(result.error).replaceAll('\n', ' ');
  throw new Refusal(
    400,
    'bad-body',
    `The body does not fit: ${words}`,
    `Send JSON such as ${JSON.stringify(example)}.`,
  );
}
