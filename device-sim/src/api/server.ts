/** The HTTP interface of a running home. Loopback by default; whoever reaches it may switch the simulated home. */
import Fastify, { type FastifyInstance } from 'fastify';
import * as z from 'zod';
import type { BoardTwin } from '../faces/board-twin.ts';
import type { RunningHome } from '../home/running-home.ts';
import { changeObject, objectOf, Refusal, switchObject, viewOf } from './home-control.ts';

export interface ApiOptions {
  readonly running: RunningHome;
  readonly siteId: string;
  readonly speed: number;
  /** Board object id to its twin. */
  readonly boards: ReadonlyMap<string, BoardTwin>;
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
    boardOf(options, params.id).handle({
      type: 'button',
      channel: parsed(buttonBody, body, '{"channel": 1}').channel,
    });
    return view(options, params.id);
  });
  app.patch<IdRoute>('/api/v1/objects/:id', ({ params, body }) => {
    changeObject(running, params.id, parsed(patchBody, body, '{"powerW": 2000}'));
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
  const twin = options.boards.get(id);
  if (!twin) return seen;
  const { boot, uptimeMs, channels, linkUp } = twin.state;
  const relays = channels.map((c) => ({
    channel: c.channel,
    on: c.on,
    cause: c.cause,
    leaseLeftS: c.lease ? Math.max(0, (c.lease.endsAtMs - uptimeMs) / 1000) : 0,
    switches: c.switches,
  }));
  return { ...seen, state: { board: twin.id, boot, uptimeMs, linkUp, channels: relays } };
}

function boardOf(options: ApiOptions, id: string): BoardTwin {
  const object = objectOf(options.running.home, id);
  const twin = options.boards.get(id);
  if (twin) return twin;
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
