/** Command line of the broker: `serve`, `user add|list|revoke`, `ca init|issue`, `acl mosquitto|emqx`. */
import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import pino from 'pino';
import { ACL_FORMATS } from './access/acl-export.ts';
import { initAuthority, issueClientCertificate, readAuthority, writePair } from './access/authority-files.ts';
import { BINDABLE, type Bindable, type Bindings, FACTORY_TOPICS } from './access/credential.ts';
import {
  AccessError,
  addCredential,
  readCredentials,
  revokeCredential,
  writePrivateFile,
  writeSecretFile,
} from './access/credentials-file.ts';
import { readLastRefusals, refusalSentence } from './server/last-refusals.ts';
import { isLabelCode, labelCode } from './wire/board-label.ts';
import { ID_PATTERN, ROLES, type Role } from './wire/topics.ts';

interface ServeOptions {
  readonly data: string;
  readonly host: string;
  readonly port: number;
  readonly wsPort?: number;
  readonly tlsPort?: number;
  readonly wssPort?: number;
  readonly metricsPort?: number;
}

interface AddOptions {
  readonly data: string;
  readonly role: Role;
  readonly bind: Bindings;
  readonly factory?: boolean;
  readonly label?: string;
  readonly out?: string;
}

const program = new Command('broker').description('The MQTT broker of Wattward, and its identities');

const dataOption = () =>
  new Option('--data <dir>', 'where credentials.json lies').makeOptionMandatory().env('WATTWARD_BROKER_DATA');

program
  .command('serve')
  .description('run the broker')
  .addOption(dataOption())
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .requiredOption('--port <port>', 'MQTT over TCP (0: any free port)', portNumber)
  .option('--ws-port <port>', 'MQTT over WebSocket', portNumber)
  .option('--tls-port <port>', 'MQTT over TLS 1.3 (needs: ca init)', portNumber)
  .option('--wss-port <port>', 'MQTT over WebSocket and TLS 1.3 (needs: ca init)', portNumber)
  .option('--metrics-port <port>', 'Prometheus metrics, on 127.0.0.1 only', portNumber)
  .action(serve);

const user = program.command('user').description('identities that may connect');
user
  .command('add <id>')
  .description('add an identity and print its secret, once')
  .addOption(dataOption())
  .addOption(new Option('--role <role>').choices([...ROLES]).makeOptionMandatory())
  .addOption(
    new Option('--bind <name=id...>', 'ids it may use, e.g. siteId=home-1 boardId=esp12f-a4cf12b3c4d5')
      .argParser(collectBinding)
      .default({}, 'those of its role'),
  )
  .option('--factory', 'a board before it is claimed: may only say hello and be identified')
  .option('--label <code>', 'the same, and the code on the label of the board is its secret until then')
  .option('--out <file>', 'write { id, role, secret } there (mode 0600) and print nothing secret')
  .action(addUser);
user
  .command('list')
  .description('list all identities, and why each was last refused')
  .addOption(dataOption())
  .action(listUsers);
user
  .command('revoke <id>')
  .description('take an identity away; its connections end at once')
  .addOption(dataOption())
  .action(revokeUser);

const ca = program.command('ca').description('certificates for TLS');
ca.command('init')
  .description('make the authority if there is none, and a fresh certificate for the broker')
  .addOption(dataOption())
  .option('--host <name...>', 'names and addresses clients reach the broker by', [
    hostname(),
    'localhost',
    '127.0.0.1',
  ])
  .action(initCa);
ca.command('issue <id>')
  .description('a client certificate for an identity; an earlier one is void from then on')
  .addOption(dataOption())
  .requiredOption('--out <dir>', 'where ID.pem, ID.key and authority.pem are written')
  .action(issueClient);

program
  .command('acl')
  .description('the same rights as a file for another broker')
  .addArgument(new Argument('<format>').choices(Object.keys(ACL_FORMATS)))
  .addOption(dataOption())
  .action(exportAcl);

async function serve(options: ServeOptions): Promise<void> {
  // The server is loaded only where it is needed: the other commands answer at once.
  const { startBroker } = await import('./server/start-broker.ts');
  const log = pino({ name: 'broker' });
  await mkdir(options.data, { recursive: true, mode: 0o700 });
  const broker = await startBroker({
    dataDir: options.data,
    host: options.host,
    port: options.port,
    wsPort: options.wsPort,
    tlsPort: options.tlsPort,
    wssPort: options.wssPort,
    metricsPort: options.metricsPort,
    log,
  });
  const { port, wsPort, tlsPort, wssPort, metricsPort } = broker;
  const ports = { host: options.host, port, wsPort, tlsPort, wssPort, metricsPort };
  log.info({ ...ports, identities: broker.identities }, 'broker ready');
  process.send?.({ ready: true, ...ports });

  let ending = false;
  const end = (why: string) => {
    if (ending) return;
    ending = true;
    log.info({ why }, 'broker ends');
    // Whatever still hangs after two seconds does not keep the process.
    setTimeout(() => process.exit(0), 2_000).unref();
    void broker.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', () => end('SIGTERM'));
  process.once('SIGINT', () => end('SIGINT'));
  process.once('disconnect', () => end('parent process gone'));
}

async function addUser(id: string, options: AddOptions): Promise<void> {
  await mkdir(options.data, { recursive: true, mode: 0o700 });
  const issued = await addCredential(options.data, {
    id,
    role: options.role,
    bindings: options.bind,
    ...(options.factory || options.label !== undefined ? { topics: FACTORY_TOPICS } : {}),
    ...(options.label === undefined ? {} : { secret: labelOf(options.label) }),
  });
  if (options.out) {
    await writeSecretFile(options.out, issued);
    process.stdout.write(`${id} added, its secret is in ${options.out}\n`);
  } else {
    process.stdout.write(`${id} added. Its secret, shown only now:\n${issued.secret}\n`);
  }
}

/** @throws AccessError when this is no code of a label. */
function labelOf(typed: string): string {
  const code = labelCode(typed);
  if (isLabelCode(code)) return code;
  throw new AccessError(
    'BROKER_LABEL_INVALID',
    `"${typed}" is not the code of a label`,
    'type the 20 characters on the label of the board; it has no letter U, dashes and spaces do not matter',
  );
}

async function listUsers(options: { readonly data: string }): Promise<void> {
  const credentials = await readCredentials(options.data);
  const refusals = await readLastRefusals(options.data);
  if (credentials.length === 0) {
    process.stderr.write(`no identities in ${options.data}; the first: user add portal --role portal\n`);
  }
  for (const { id, role, bindings, topics, certificate, createdAt } of credentials) {
    const bound = Object.entries(bindings).map(([name, ids]) => `${name}=${ids?.join(',')}`);
    const marks = [
      ...bound,
      ...(topics ? [`only ${topics.join(',')}`] : []),
      ...(certificate ? ['certificate'] : []),
    ];
    process.stdout.write(`${id}\t${role}\t${createdAt}\t${marks.join(' ')}\n`);
    const refusal = refusals.get(id);
    if (refusal) process.stdout.write(`  ${refusalSentence(refusal)}\n`);
  }
}

async function revokeUser(id: string, options: { readonly data: string }): Promise<void> {
  if (await revokeCredential(options.data, id)) {
    process.stdout.write(`${id} revoked\n`);
    return;
  }
  throw new AccessError('BROKER_ID_UNKNOWN', `there is no identity "${id}"`, 'see them all with: user list');
}

async function initCa(options: { readonly data: string; readonly host: readonly string[] }): Promise<void> {
  await mkdir(options.data, { recursive: true, mode: 0o700 });
  await initAuthority(options.data, options.host);
  process.stdout.write(`certificate for ${options.host.join(', ')} made; restart the broker to use it\n`);
}

async function issueClient(
  id: string,
  options: { readonly data: string; readonly out: string },
): Promise<void> {
  const issued = await issueClientCertificate(options.data, id);
  const { certificate } = await readAuthority(options.data);
  await writePair(options.out, id, issued);
  await writePrivateFile(path.join(options.out, 'authority.pem'), certificate);
  process.stdout.write(`${id}.pem, ${id}.key and authority.pem are in ${options.out}\n`);
}

async function exportAcl(
  format: keyof typeof ACL_FORMATS,
  options: { readonly data: string },
): Promise<void> {
  process.stdout.write(ACL_FORMATS[format](await readCredentials(options.data)));
}

function portNumber(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError('a port is 0 to 65535');
  return port;
}

function collectBinding(text: string, before: Bindings): Bindings {
  const [name = '', id = ''] = text.split('=');
  const bindable = BINDABLE.find((candidate): candidate is Bindable => candidate === name);
  if (!bindable || !ID_PATTERN.test(id)) {
    throw new InvalidArgumentError(`write ${BINDABLE.join('=ID, ')}=ID`);
  }
  return { ...before, [bindable]: [...(before[bindable] ?? []), id] };
}

/** One sentence a person can act on, on standard error and to the process that started this one. */
function fail(error: unknown): void {
  const known = error instanceof AccessError;
  const code = known ? error.code : 'BROKER_FAILED';
  const message = error instanceof Error ? error.message : String(error);
  const remedy = known ? error.remedy : 'read the log lines above; this may be a mistake of the program';
  process.stderr.write(`${code}: ${message}. Remedy: ${remedy}.\n`);
  if (process.send) process.send({ failed: { code, message, remedy } }, () => process.exit(1));
  else process.exit(1);
}

const nodeMajor = Number(process.versions.node.split('.')[0]);
if (nodeMajor < 24) {
  fail(
    new AccessError(
      'BROKER_NODE_TOO_OLD',
      `Node ${process.versions.node} is too old, the broker needs Node 24`,
      'start it with: npm run broker -- ...',
    ),
  );
} else {
  // What it writes tells of a home: for its own user only.
  process.umask(0o077);
  try {
    await program.parseAsync();
  } catch (error) {
    fail(error);
  }
}
