/** The HTTP interface of a running home. Loopback by default; whoever reaches it may switch the simulated home. */
import Fastify, { type FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { BoardHandle } from '../faces/board-handle.ts';
import type { RunningHome } from '../home/running-home.ts';
import { changeObject, objectOf, Refusal, switchObject, viewOf } from './home-control.ts';

export interface ApiOptions {
  readonly running: RunningHome;
  readonly siteId: string;
  readonly speed: number;
  /** Boards by object id. */
  readonly boards: ReadonlyMap<string, BoardHandle>;
  /** Wires and contacts may have changed. */
  readonly rewire: () => void;
}

const switchBody = z.strictObject({ on: z.boolean() });
const buttonBody = z.strictObject({ channel: z.number().int().min(1).max(4) });
const patchBody = z.record(z.string(), z.unknown());

interface IdRoute {
  Params: { id: string };
}

export function apiServer(options: ApiOptions): FastifyInstance {
  const { running } = options;
  const app = Fastify({ logger: false, bodyLimit: 65_536 });
  app.setErrorHandler((error: Error & { statusCode?: number; code?: string }, _, reply) => {
    const refusal = error instanceof Refusal ? error : refusalFrom(error);
    const { code, message, remedy } = refusal;
    return reply.status(refusal.status).send({ code, message, remedy });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({
      code: 'no-route',
      message: `${request.method} ${request.url} is not part of the interface.`,
      remedy: 'Start with GET /api/v1/objects.',
    }),
  );

  app.get('/api/v1/objects', () => ({
    objects: running.home.objects.map((object) => view(options, object.id)),
  }));
  app.get<IdRoute>('/api/v1/objects/:id', ({ params }) => view(options, params.id));
  app.post<IdRoute>('/api/v1/objects/:id/switch', ({ params, body }) => {
    switchObject(running, params.id, parsed(switchBody, body, '{"on": true}').on);
    return view(options, params.id);
  });
  app.post<IdRoute>('/api/v1/objects/:id/button', ({ params, body }) => {
    boardOf(options, params.id).button(parsed(buttonBody, body, '{"channel": 1}').channel);
    return view(options, params.id);
  });
  // A board is named by its object or by its identity on the broker, which is what an installer sees.
  app.post<IdRoute>('/api/v1/boards/:id/power', ({ params, body }) => {
    const board = boardOf(options, params.id);
    board.setPower(parsed(switchBody, body, '{"on": false}').on);
    return board.status();
  });
  app.post<IdRoute>('/api/v1/boards/:id/link', ({ params, body }) => {
    const board = boardOf(options, params.id);
    board.setLink(parsed(switchBody, body, '{"on": false}').on);
    return board.status();
  });
  app.patch<IdRoute>('/api/v1/objects/:id', ({ params, body }) => {
    changeObject(running, params.id, parsed(patchBody, body, '{"powerW": 2000}'));
    options.rewire();
    return view(options, params.id);
  });
  app.get('/api/v1/clock', () => ({
    at: new Date(running.state.nowMs).toISOString(),
    speed: options.speed,
    zone: running.home.zone,
  }));
  app.get('/api/v1/flows', () => flowsOf(running));
  return app;
}

function view(options: ApiOptions, id: string) {
  const object = objectOf(options.running.home, id);
  const seen = viewOf(options.running, object);
  const board = options.boards.get(id);
  return board ? { ...seen, state: board.status() } : seen;
}

function boardOf(options: ApiOptions, id: string): BoardHandle {
  const named = options.boards.get(id) ?? [...options.boards.values()].find((board) => board.id === id);
  if (named) return named;
  const object = objectOf(options.running.home, id);
  throw new Refusal(
    409,
    'no-button',
    `"${id}" is a ${object.kind} and has no button.`,
    'Name an object of kind board.',
  );
}

/** The powers of the last step: house bus, loads, inverters; and what the books of that step missed. */
function flowsOf(running: RunningHome) {
  const { flows, model, state } = running;
  return {
    at: new Date(state.nowMs).toISOString(),
    gridPowerW: flows.gridW,
    gridPhaseW: flows.gridPhaseW,
    loads: Object.fromEntries(model.loads.map(({ id }, i) => [id, flows.loadW[i] ?? 0])),
    inverters: Object.fromEntries(
      model.plans.map(({ inverter }, n) => {
        const flow = flows.inverters[n];
        return [
          inverter.id,
          {
            acPowerW: flow?.acPowerW ?? 0,
            pvDcPowerW: flow?.pvDcPowerW ?? 0,
            batteryDcPowerW: flow?.batteryDcPowerW ?? 0,
            lossW: flow?.lossW ?? 0,
          },
        ];
      }),
    ),
    weather: flows.weather,
    residualJ: flows.residualJ,
    totalsWh: Object.fromEntries(
      Object.entries(state.totals).map(([key, j]) => [key.replace(/J$/, 'Wh'), j / 3600]),
    ),
  };
}

function parsed<T>(schema: z.ZodType<T>, body: unknown, example: string): T {
  const result = schema.safeParse(body ?? {});
  if (result.success) return result.data;
  const words = z.prettifyError(result.error).replaceAll('\n', ' ');
  throw new Refusal(400, 'bad-body', `The body does not fit: ${words}`, `Send JSON such as ${example}.`);
}

function refusalFrom(error: Error & { statusCode?: number }): Refusal {
  const status = error.statusCode ?? 500;
  if (status < 500)
    return new Refusal(status, 'bad-request', error.message, 'Send JSON with its content type.');
  return new Refusal(500, 'internal', error.message, 'This is a fault of the simulator; see its log.');
}
