/**
 * The part of InfluxDB's v2 API that the set-up speaks, over real HTTP, strict and with a memory: token, method,
 * path, query and every key of a body are checked, names may not be given twice, Flux that is none is refused, and a
 * task takes its name from its own text, as InfluxDB does. Shares no code with the set-up.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fluxMistakes } from '@wattward/portal/testing/flux-check';

type Row = Record<string, unknown> & { id: string };
type Answer = readonly [status: number, body?: object];

export interface InfluxApiStub {
  readonly url: string;
  readonly token: string;
  readonly org: string;
  readonly buckets: Row[];
  readonly tasks: Row[];
  readonly authorizations: Row[];
  /** Requests that change something, as `POST /buckets`. */
  readonly changes: string[];
  /** What was not as the API demands, in words. */
  readonly violations: string[];
  /** Newer versions tell a token once, when it is made. */
  tellsTokens: boolean;
  add(list: 'tasks' | 'buckets', row: Record<string, unknown>): Row;
  close(): Promise<void>;
}

interface Call {
  readonly query: URLSearchParams;
  readonly body: Record<string, unknown>;
  readonly id: string;
}

const ORG_ID = '00000000000000aa';

export async function startInfluxApiStub(): Promise<InfluxApiStub> {
  let ids = 0x1000;
  const stub: InfluxApiStub = {
    url: '',
    token: 'operator-token',
    org: 'house',
    buckets: [],
    tasks: [],
    authorizations: [],
    changes: [],
    violations: [],
    tellsTokens: true,
    add(list, row) {
      ids += 1;
      const whole = { ...row, id: ids.toString(16).padStart(16, '0') };
      stub[list].push(whole);
      return whole;
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };

  const keys = ({ body }: Call, required: readonly string[], optional: readonly string[] = []) => {
    for (const key of required) if (!(key in body)) stub.violations.push(`${key} is missing`);
    for (const key of Object.keys(body)) {
      if (![...required, ...optional].includes(key)) stub.violations.push(`${key} is unknown`);
    }
  };
  const fault = (status: number, code: string, message: string): Answer => [status, { code, message }];
  const isOurs = (orgID: unknown) => orgID === ORG_ID;
  const remove = (rows: Row[], id: string): Answer => {
    const at = rows.findIndex((row) => row.id === id);
    if (at < 0) return fault(404, 'not found', `${id} not found`);
    rows.splice(at, 1);
    return [204];
  };
  const retentionFault = (rules: unknown): Answer | null => {
    for (const rule of rules as {
      type: string;
      everySeconds: number;
      shardGroupDurationSeconds?: number;
    }[]) {
      const { type, everySeconds, shardGroupDurationSeconds, ...unknown } = rule;
      if (Object.keys(unknown).length > 0) stub.violations.push(`${Object.keys(unknown)} is unknown`);
      if (everySeconds > 0 && (shardGroupDurationSeconds ?? 0) > everySeconds)
        return fault(422, 'unprocessable entity', 'shard-group duration must be at most the retention');
      if (type !== 'expire') return fault(400, 'invalid', `unknown retention type ${type}`);
      if (everySeconds !== 0 && everySeconds < 3600) {
        return fault(
          422,
          'unprocessable entity',
          'expiration seconds must be greater than or equal to one hour',
        );
      }
    }
    return null;
  };
  const taskOf = async (flux: string): Promise<Record<string, unknown> | Answer> => {
    const [mistake] = await fluxMistakes(flux);
    if (mistake) return fault(400, 'invalid', `compilation failed: error @${mistake}`);
    const option =
      /^option task = \{name: ("(?:[^"\\]|\\.)*"), (?:every: (\w+)|cron: ("[^"]+")), offset: (\w+)\}$/m.exec(
        flux,
      );
    if (!option) return fault(400, 'invalid', 'missing required options: name and every or cron');
    return { flux, name: JSON.parse(option[1] ?? '""'), every: option[2] ?? option[3], offset: option[4] };
  };

  const routes: Record<string, (call: Call) => Answer | Promise<Answer>> = {
    'GET orgs': ({ query }) =>
      query.get('org') === stub.org
        ? [200, { orgs: [{ id: ORG_ID, name: stub.org }] }]
        : fault(404, 'not found', `organization name "${query.get('org')}" not found`),
    'GET buckets': ({ query }) => {
      if (!isOurs(query.get('orgID'))) stub.violations.push('buckets of no organisation');
      const found = stub.buckets.filter(({ name }) => name === query.get('name'));
      return found.length > 0
        ? [200, { buckets: found }]
        : fault(404, 'not found', `bucket "${query.get('name')}" not found`);
    },
    'POST buckets': (call) => {
      keys(call, ['orgID', 'name', 'retentionRules']);
      const { body } = call;
      if (!isOurs(body.orgID)) return fault(400, 'invalid', 'organization id must be provided');
      if (stub.buckets.some(({ name }) => name === body.name)) {
        return fault(422, 'conflict', `bucket with name ${body.name} already exists`);
      }
      return retentionFault(body.retentionRules) ?? [201, stub.add('buckets', body)];
    },
    'PATCH buckets': (call) => {
      keys(call, ['retentionRules']);
      const bucket = stub.buckets.find(({ id }) => id === call.id);
      if (!bucket) return fault(404, 'not found', 'bucket not found');
      return retentionFault(call.body.retentionRules) ?? [200, Object.assign(bucket, call.body)];
    },
    'GET tasks': ({ query }) => {
      const limit = Number(query.get('limit') ?? 100);
      if (limit > 500) return fault(400, 'invalid', 'limit must be between 1 and 500');
      const from = stub.tasks.findIndex(({ id }) => id === query.get('after')) + 1;
      return [200, { tasks: stub.tasks.slice(from, from + limit) }];
    },
    'POST tasks': async (call) => {
      keys(call, ['orgID', 'flux'], ['status', 'description']);
      if (!isOurs(call.body.orgID)) return fault(400, 'invalid', 'no organization');
      const task = await taskOf(String(call.body.flux));
      if (Array.isArray(task)) return task as unknown as Answer;
      return [201, stub.add('tasks', { status: 'active', ...call.body, ...task })];
    },
    'PATCH tasks': async (call) => {
      keys(call, [], ['flux', 'status', 'description']);
      const there = stub.tasks.find(({ id }) => id === call.id);
      if (!there) return fault(404, 'not found', 'failed to find task');
      const task = await taskOf(String(call.body.flux ?? there.flux));
      if (Array.isArray(task)) return task as unknown as Answer;
      return [200, Object.assign(there, call.body, task)];
    },
    'DELETE tasks': ({ id }) => remove(stub.tasks, id),
    'GET authorizations': ({ query }) => {
      if (!isOurs(query.get('orgID'))) stub.violations.push('authorizations of no organisation');
      const told = stub.authorizations.map(({ token, ...rest }) =>
        stub.tellsTokens ? { ...rest, token } : rest,
      );
      return [200, { authorizations: told }];
    },
    'POST authorizations': (call) => {
      keys(call, ['orgID', 'permissions'], ['description', 'status']);
      const permissions = call.body.permissions as {
        action: string;
        resource: { type: string; id?: string };
      }[];
      for (const { action, resource } of permissions) {
        const isKnown = resource.type === 'buckets' && stub.buckets.some(({ id }) => id === resource.id);
        if (!isKnown || !['read', 'write'].includes(action))
          return fault(400, 'invalid', 'permission is not valid');
      }
      ids += 1;
      const made = {
        ...call.body,
        id: ids.toString(16).padStart(16, '0'),
        token: randomBytes(32).toString('base64'),
      };
      stub.authorizations.push(made);
      return [201, made];
    },
    'DELETE authorizations': ({ id }) => remove(stub.authorizations, id),
  };

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://stub');
    const [, , , kind = '', id = ''] = pathname.split('/');
    const send = ([status, body]: Answer) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body ? JSON.stringify(body) : undefined);
    };
    if (request.headers.authorization !== `Token ${stub.token}`) {
      return send(fault(401, 'unauthorized', 'unauthorized access'));
    }
    const route = pathname.startsWith('/api/v2/') ? routes[`${request.method} ${kind}`] : undefined;
    if (!route) {
      stub.violations.push(`no route ${request.method} ${pathname}`);
      return send(fault(404, 'not found', 'path not found'));
    }
    if (request.method !== 'GET') stub.changes.push(`${request.method} /${kind}`);
    const isJson = (request.headers['content-type'] ?? '').startsWith('application/json');
    if (text && !isJson) stub.violations.push(`${pathname} is not sent as JSON`);
    send(await route({ query, id, body: text ? JSON.parse(text) : {} }));
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      stub.violations.push(String(error));
      response.writeHead(500).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(stub, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}
