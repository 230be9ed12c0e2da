/**
 * `edge.yaml`: who the box is, where its brokers, secrets and data lie. Read once at start; every mistake is
 * reported at once with its path and what to do about it. Relative paths count from the folder of the file.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { LIMIT_KINDS, SETPOINT_KINDS, type SetpointKind } from '@wattward/broker/wire/setpoint';
import { ID_PATTERN } from '@wattward/broker/wire/topics';
import { LineCounter, parseDocument } from 'yaml';
import * as z from 'zod';
import { StartError } from './start-error.ts';

const id = z
  .string()
  .regex(ID_PATTERN)
  .describe('an id of lower case letters, digits and dashes, at most 40 characters');
const file = z.string().min(1).describe('a path, absolute or from the folder of this file');
const url = (protocols: readonly string[]) =>
  z
    .string()
    .refine((text) => URL.canParse(text) && protocols.includes(new URL(text).protocol.slice(0, -1)))
    .describe(`an address that begins with ${protocols.map((p) => `${p}://`).join(' or ')}`);

const broker = z.strictObject({
  url: url(['mqtt', 'mqtts', 'ws', 'wss']),
  identity: id,
  secretFile: file,
});

const setpointKey = z
  .strictObject({
    id,
    file,
    kinds: z
      .array(
        z
          .enum(SETPOINT_KINDS as [SetpointKind, ...SetpointKind[]])
          .describe(`one of ${SETPOINT_KINDS.join(', ')}`),
      )
      .min(1)
      .describe(`a list of what this key may send, of ${SETPOINT_KINDS.join(', ')}`),
  })
  .describe(
    `a key with id, file and kinds, e.g. { id: portal, file: setpoint-key.pub, kinds: [${SETPOINT_KINDS.join(', ')}] }`,
  );

export const edgeConfig = z.strictObject({
  site: id,
  dataDir: file,
  /** The installer's settings of the home, `site.yaml`. */
  siteSettings: file,
  /** Where devices of the site settings are reached from this machine, by device id: counts before the settings. */
  addresses: z
    .record(
      id,
      z.strictObject({
        host: z.string().min(1).max(253).describe('a host name or address'),
        port: z.number().int().min(1).max(65_535).describe('a TCP port'),
      }),
    )
    .default({}),
  homeBroker: broker,
  cloudBroker: broker.nullable().default(null),
  history: z
    .strictObject({
      url: url(['http', 'https']),
      org: z.string().min(1).describe('the organisation of the history store'),
      bucket: z.string().min(1).describe('the bucket of the history store'),
      tokenFile: file,
    })
    .nullable()
    .default(null),
  /** Numbers for Prometheus at `/metrics`; nothing is opened when left out. */
  metrics: z
    .strictObject({
      host: z.string().min(1).max(253).default('127.0.0.1').describe('an address of this machine'),
      port: z.number().int().min(0).max(65_535).describe('a TCP port'),
    })
    .nullable()
    .default(null),
  /** Announces the home to Home Assistant by MQTT discovery on the home broker. */
  homeAssistant: z.boolean().default(false).describe('true or false'),
  /** Whose set-points this box obeys, by the id that a set-point names, and of which kinds. */
  setpointKeys: z
    .array(setpointKey)
    .max(4)
    .describe('a list of at most 4 keys')
    .superRefine((keys, context) => {
      for (const [i, { id }] of keys.entries()) {
        if (keys.findIndex((other) => other.id === id) === i) continue;
        const params = { remedy: 'give each key an id of its own' };
        context.addIssue({ code: 'custom', path: [i, 'id'], message: `"${id}" is taken`, params });
      }
    })
    .default([]),
  /** Time that runs faster than real time; only for simulated homes. */
  clock: z
    .strictObject({
      speed: z.number().min(0.1).max(1000).describe('a speed from 0.1 to 1000'),
      anchorRealMs: z.number().describe('epoch milliseconds'),
      anchorSiteMs: z.number().describe('epoch milliseconds'),
    })
    .nullable()
    .default(null),
  cycleMs: z
    .number()
    .min(100)
    .max(60_000)
    .default(1_000)
    .describe('a number from 100 to 60000, milliseconds'),
  /** How often points are recorded, site milliseconds. */
  recordMs: z.number().min(1_000).max(900_000).default(10_000).describe('a number from 1000 to 900000, ms'),
});
export type EdgeConfig = z.infer<typeof edgeConfig>;

/** A key that may send nothing but limits; one of these opens the operator's topics. */
export function isOperatorKey({ kinds }: EdgeConfig['setpointKeys'][number]): boolean {
  return kinds.every((kind) => LIMIT_KINDS.includes(kind));
}

/** The checked configuration in `file`, its paths made absolute. @throws StartError */
export function loadConfig(file: string): EdgeConfig {
  const text = readText(file, 'config-unreadable', 'the configuration');
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const broken = document.errors[0];
  if (broken) {
    const { line } = lines.linePos(broken.pos[0]);
    throw new StartError(
      'config-not-yaml',
      `${file}:${line}: not readable as YAML: ${broken.message}`,
      'Mend the indentation, quotes or brackets on this line.',
    );
  }
  const result = edgeConfig.safeParse(document.toJS());
  if (!result.success) {
    const mistakes = result.error.issues.flatMap((issue) => explained(issue));
    throw new StartError(
      'config-invalid',
      `${file} has ${mistakes.length} mistake${mistakes.length === 1 ? '' : 's'}:\n  ${mistakes.join('\n  ')}`,
      'Mend all of them, then run `check --config` again.',
    );
  }
  return absolute(result.data, path.dirname(path.resolve(file)));
}

/** The text of a file the configuration names. @throws StartError with `errorCode` */
export function readText(file: string, errorCode: string, what: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const code = typeof cause === 'object' && cause !== null ? Reflect.get(cause, 'code') : undefined;
    const why = String(code ?? cause);
    const remedy =
      why === 'EACCES'
        ? `Let the user of this process read ${file}.`
        : `Put ${what} at ${file}, or correct the path.`;
    throw new StartError(errorCode, `${what} at ${file} cannot be read (${why})`, remedy, cause);
  }
}

const secretShape = z.object({ id, secret: z.string().min(1) });

/** Identity and secret of a broker connection. @throws StartError */
export function readSecret(file: string, identity: string): { id: string; secret: string } {
  const text = readText(file, 'secret-unreadable', `the secret of "${identity}"`);
  const remedy = `Make a new one at the broker (user add ${identity}) and put it there.`;
  try {
    const secret = secretShape.parse(JSON.parse(text));
    if (secret.id === identity) return secret;
    throw new StartError('secret-foreign', `${file} belongs to "${secret.id}", not to "${identity}"`, remedy);
  } catch (cause) {
    if (cause instanceof StartError) throw cause;
    throw new StartError('secret-invalid', `${file} holds no secret of an identity`, remedy, cause);
  }
}

function explained(issue: z.core.$ZodIssue): string[] {
  const at = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => `${at ? `${at}.` : ''}${key}: is not known here; remove it`);
  }
  const remedy: unknown = issue.code === 'custom' ? issue.params?.remedy : undefined;
  if (typeof remedy === 'string') return [`${at}: ${issue.message}; ${remedy}`];
  const expected = descriptionAt(issue.path);
  const missing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
  const what = missing ? 'is missing' : 'does not fit';
  return [`${at || 'the file'}: ${what}; expected is ${expected ?? issue.message}`];
}

/** What the schema says of the field at `path`. */
function descriptionAt(path: readonly PropertyKey[]): string | undefined {
  let schema: unknown = edgeConfig;
  for (const part of path) {
    let inner = unwrapped(schema);
    if (inner instanceof z.ZodArray) inner = { shape: { [part]: inner.element } };
    const shape = typeof inner === 'object' && inner !== null ? Reflect.get(inner, 'shape') : undefined;
    if (typeof shape !== 'object' || shape === null) return undefined;
    schema = Reflect.get(shape, part);
  }
  return schema instanceof z.ZodType ? (schema.description ?? describedInside(schema)) : undefined;
}

function describedInside(schema: z.ZodType): string | undefined {
  const inner = unwrapped(schema);
  return inner instanceof z.ZodType ? inner.description : undefined;
}

function unwrapped(schema: unknown): unknown {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodNullable) inner = inner.unwrap();
  return inner;
}

function absolute(config: EdgeConfig, folder: string): EdgeConfig {
  const full = (name: string) => path.resolve(folder, name);
  const { homeBroker, cloudBroker, history } = config;
  return {
    ...config,
    dataDir: full(config.dataDir),
    siteSettings: full(config.siteSettings),
    homeBroker: { ...homeBroker, secretFile: full(homeBroker.secretFile) },
    cloudBroker: cloudBroker && { ...cloudBroker, secretFile: full(cloudBroker.secretFile) },
    history: history && { ...history, tokenFile: full(history.tokenFile) },
    setpointKeys: config.setpointKeys.map((key) => ({ ...key, file: full(key.file) })),
  };
}
