/** The HTTP interface of a running home. Loopback by default; whoever reaches it may switch the simulated home. */
import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance } from 'fastify';
import * as z from 'zod';
import { FlowStream } from './flow-stream.ts';
import { metricsOf } from './metrics.ts';
import type { Operation, World } from './operation.ts';
import { OPERATIONS } from './operations.ts';
import { refusalFrom } from './refusal.ts';

const LARGEST_BODY_BYTES = 262_144;

export async function apiServer(world: World): Promise<FastifyInstance> {
  const app = Fastify({ logger: false, bodyLimit: LARGEST_BODY_BYTES, forceCloseConnections: true });
  // Bodies are parsed by the operations themselves, which word their refusals.
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.setErrorHandler((error, _, reply) => {
    const { status, code, message, remedy } = refusalFrom(error);
    return reply.status(status).send({ code, message, remedy });
  });
  app.setNotFoundHandler((request, reply) =>
    reply.status(404).send({
      code: 'no-route',
      message: `${request.method} ${request.url} is not part of the interface.`,
      remedy: 'Start with GET /api/v1/objects; all of it stands in /api/v1/openapi.json.',
    }),
  );
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Wattward simulator', version: '1', description: 'A running simulated home.' },
    },
  });
  for (const operation of OPERATIONS) addRoute(app, world, operation);
  const stream = new FlowStream(world.running);
  const metrics = metricsOf(world);
  app.get('/api/v1/flows/stream', { schema: { summary: 'The flows, once a second (SSE).' } }, (_, reply) =>
    stream.add(reply),
  );
  app.get('/metrics', { schema: { summary: 'Prometheus metrics per object.' } }, async (_, reply) =>
    reply
      .type(metrics.contentType)
      .serializer(String)
      .send(await metrics.metrics()),
  );
  app.get('/api/v1/openapi.json', { schema: { hide: true } }, () => app.swagger());
  app.addHook('preClose', async () => stream.close());
  return app;
}

const refusalSchema = {
  type: 'object',
  properties: { code: { type: 'string' }, message: { type: 'string' }, remedy: { type: 'string' } },
  required: ['code', 'message', 'remedy'],
};

function addRoute(app: FastifyInstance, world: World, operation: Operation): void {
  const { name, method, path, summary, body, example } = operation;
  app.route<{ Params: { id?: string } }>({
    method,
    url: `/api/v1/${path}`,
    schema: {
      operationId: name,
      summary,
      ...(path.includes(':id')
        ? { params: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] } }
        : {}),
      ...(body ? { body: bodySchema(body, example) } : {}),
      response: {
        200: { description: 'done', type: 'object', additionalProperties: true },
        '4xx': { description: 'refused', ...refusalSchema },
      },
    },
    handler: ({ params, body: sent }) => operation.run(world, { id: params.id ?? '', body: sent }),
  });
}

function bodySchema(body: z.ZodType, example: unknown) {
  const { $schema: _, ...schema } = z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' });
  return { ...schema, examples: [example] };
}
