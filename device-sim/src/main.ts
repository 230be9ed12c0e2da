/** The simulator's command line: run a home, one object of it or a fleet of homes, or describe what is in it. */
import { Command } from 'commander';
import { ask, operationLines } from './api/ask.ts';
import { anchor, loneKind, port, siteId, sites, speed } from './arguments.ts';
import { readHome } from './home/home-file.ts';
import { boardIds, meterIds, unclaimedBoards } from './home/identity.ts';
import { instantOfLocal } from './home/local-time.ts';
import type { Home } from './home/schema.ts';
import { type Anchor, FASTEST, SiteClock, SLOWEST } from './home/site-clock.ts';
import { openLog } from './log.ts';
import { LONE_KINDS, loneObject } from './object/lone-object.ts';
import { ObjectProcess } from './object/object-process.ts';
import { householdReport } from './profile/household-report.ts';
import { Profile } from './profile/profile.ts';
import { WeatherRecord } from './profile/weather-record.ts';
import { Simulator } from './simulator.ts';

const NODE_MAJOR = 24;
const LONGEST_END_MS = 2_500;

interface HomeOptions {
  readonly home: string;
  readonly site: string;
  readonly profile?: string;
}

interface RunOptions extends HomeOptions {
  readonly weather?: string;
  readonly data: string;
  readonly broker: string;
  readonly secrets: string;
  readonly host: string;
  readonly httpPort: number;
  readonly meterPort: number;
  readonly inverterPort: number;
  readonly meterSerial?: string;
  readonly inverterSerial?: string;
  readonly controlIdentity?: string;
  readonly objectsIdentity?: string;
  readonly speed: number;
  readonly anchor?: { readonly realMs: number; readonly siteMs: number };
}

interface ObjectOptions extends HomeOptions {
  readonly id?: string;
  readonly broker: string;
  readonly secrets: string;
  readonly identity?: string;
}

interface FleetCommand {
  readonly sites: number;
  readonly home: string;
  readonly data: string;
  readonly broker: string;
  readonly secrets: string;
  readonly prefix: string;
  readonly speed: number;
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

const program = new Command('device-sim')
  .description('A home that is not there: physics behind real Modbus and MQTT faces.')
  .showHelpAfterError('(--help shows what is possible)')
  .addHelpText(
    'after',
    `
A whole home with its box, broker and portal starts with \`npm start\`. Its simulator answers at port 8010 then:
  npm run device-sim -- ask list-objects
  npm run device-sim -- ask switch-object oven '{"on":true}'
  npm run device-sim -- ask set-fault grid-meter '{"kind":"no-answer","forS":60}'`,
  );

program
  .command('run')
  .description(
    'Run a home: grid meter and inverter on Modbus TCP, relay boards and load meters on MQTT, HTTP API.',
  )
  .requiredOption('--home <file>', 'home file, e.g. device-sim/homes/default.yaml')
  .requiredOption('--site <id>', 'site id, e.g. home-1; boards and meters get their ids from it', siteId)
  .requiredOption('--data <dir>', 'where the state of the home is kept, so that a restart goes on')
  .requiredOption('--broker <url>', 'broker of the home bus, e.g. mqtt://127.0.0.1:8001')
  .requiredOption('--secrets <dir>', 'directory with <identity>.json of every board and meter')
  .option('--host <address>', 'address to listen on', '127.0.0.1')
  .option('--http-port <port>', 'HTTP API; 0 takes any free port', port, 8010)
  .option('--meter-port <port>', 'Modbus TCP of the grid meter, unit 1', port, 8011)
  .option('--inverter-port <port>', 'Modbus TCP of the inverter, unit 1', port, 8012)
  .option('--meter-serial <path>', 'the grid meter on Modbus RTU too: serial line or pty, 9600 8N1')
  .option('--inverter-serial <path>', 'the inverter on Modbus RTU too')
  .option('--control-identity <id>', 'credential of role sim: the API is answered over MQTT too')
  .option(
    '--objects-identity <id>',
    'credential of role sim: loads, arrays and batteries are processes (see `object`)',
  )
  .option('--speed <n>', `seconds of the home per real second, ${SLOWEST} to ${FASTEST}`, speed, 1)
  .option(
    '--anchor <real:site>',
    'epoch ms: at this real time it is that time in the home; shared with a box, so the clock cannot change',
    anchor,
  )
  .option('--profile <path>', 'replay a measured load: CSV file or directory of .csv.gz')
  .option('--weather <path>', 'replay measured weather: CSV file of DWD, PVGIS or Open-Meteo')
  .action(run);

program
  .command('object')
  .description('Run one load, array or battery of a home as a process of its own on the message bus.')
  .argument('<kind>', LONE_KINDS.join(', '), loneKind)
  .requiredOption('--home <file>', 'home file that holds the object')
  .requiredOption('--site <id>', 'site id', siteId)
  .requiredOption('--broker <url>', 'broker of the home bus, e.g. mqtt://127.0.0.1:8001')
  .requiredOption('--secrets <dir>', 'directory with the credential of this object')
  .option('--id <object>', 'which object, where the home has several of the kind')
  .option('--identity <id>', 'its credential, of role sim; sim-SITE-OBJECT when left out')
  .action(runObject);

program
  .command('fleet')
  .description('Run many light homes with their boxes in one process; the boxes keep nothing on disk.')
  .requiredOption('--sites <n>', 'how many, 1 to 200', sites)
  .requiredOption('--home <file>', 'home file; <name>.site.yaml stands beside it')
  .requiredOption('--data <dir>', 'where the states of the homes are kept')
  .requiredOption('--broker <url>', 'broker of homes and portal, e.g. mqtt://127.0.0.1:8001')
  .requiredOption('--secrets <dir>', 'directory with the credentials of every box, site, board and meter')
  .option('--prefix <name>', 'sites are NAME-1, NAME-2 and so on', siteId, 'home')
  .option('--speed <n>', `seconds of the homes per real second, ${SLOWEST} to ${FASTEST}`, speed, 1)
  .action(runFleet);

program
  .command('ask')
  .description('Ask a running home to do something: switch, change, fail, stop its clock.')
  .argument('<operation>', 'see below')
  .argument('[id]', 'the object it is about')
  .argument('[body]', 'JSON')
  .option('--at <url>', 'where the API of the home listens', 'http://127.0.0.1:8010')
  .addHelpText('after', `\nOperations:\n${operationLines()}`)
  .action(runAsk);

program
  .command('describe')
  .description('Print name, zone, start, and the ids of boards and meters of a home as JSON.')
  .requiredOption('--home <file>', 'home file')
  .requiredOption('--site <id>', 'site id', siteId)
  .option('--profile <path>', 'measured load that would be replayed; decides the start')
  .action((options: HomeOptions) => {
    const home = readHome(options.home);
    const startMs = startOf(home, options.profile ?? home.profile);
    const description = {
      name: home.name,
      zone: home.zone,
      boards: boardIds(home, options.site),
      unclaimed: unclaimedBoards(home, options.site),
      meters: meterIds(home, options.site),
      start: startMs === null ? null : new Date(startMs).toISOString(),
    };
    process.stdout.write(`${JSON.stringify(description)}\n`);
  });

program
  .command('household-report')
  .description('Print the generated household beside measured ones: level, spread, shape of the day, memory.')
  .requiredOption('--profile <path>', 'measured load; may be given again', gathered)
  .option('--zone <iana>', 'local time of the measured home; given again, one for each', gathered)
  .option('--seed <n>', 'of the generated household', Number, 1)
  .action(({ profile, zone, seed }: { profile: string[]; zone?: string[]; seed: number }) => {
    process.stdout.write(`${householdReport({ profile, zone: zone ?? ['UTC'], seed })}\n`);
  });

async function run(options: RunOptions): Promise<void> {
  const log = openLog('device-sim');
  const home = readHome(options.home);
  const profile = options.profile ?? home.profile;
  const measured = profile === undefined ? null : Profile.open(profile, home.zone);
  const weather = weatherOf(options, home);
  const clock = new SiteClock(anchorOf(options, home), { shared: options.anchor !== undefined });
  const simulator = await Simulator.start({
    home,
    siteId: options.site,
    dataDir: options.data,
    clock,
    host: options.host,
    httpPort: options.httpPort,
    meterPort: options.meterPort,
    inverterPort: options.inverterPort,
    ...(options.meterSerial === undefined ? {} : { meterSerial: options.meterSerial }),
    ...(options.inverterSerial === undefined ? {} : { inverterSerial: options.inverterSerial }),
    ...(options.objectsIdentity === undefined ? {} : { objectsIdentity: options.objectsIdentity }),
    ...(options.controlIdentity === undefined ? {} : { controlIdentity: options.controlIdentity }),
    brokerUrl: options.broker,
    secretsDir: options.secrets,
    measured,
    weather,
    log,
  });
  endOrderly(() => simulator.close());
  const { ports } = simulator;
  log('info', 'the home is alive', { home: home.name, site: options.site, speed: clock.speed, ...ports });
  process.send?.({ ready: true, ...ports });
}

function weatherOf({ objectsIdentity, ...options }: RunOptions, home: Home): WeatherRecord | null {
  const weather = options.weather ?? home.weather;
  if (weather === undefined) return null;
  if (objectsIdentity === undefined)
    return WeatherRecord.open(weather, home.place, home.climate.linkeTurbidity);
  throw Object.assign(new Error('Arrays that are processes of their own live under a generated sky.'), {
    code: 'weather-elsewhere',
    remedy: 'Leave out --weather or --objects-identity.',
  });
}

/** The process ends when it is told to; until then the object answers every tick of its home. */
async function runObject(kind: string, options: ObjectOptions): Promise<void> {
  const log = openLog('device-sim');
  const home = readHome(options.home);
  const ofKind = home.objects.filter((object) => object.kind === kind);
  const object = options.id === undefined ? ofKind[0] : ofKind.find(({ id }) => id === options.id);
  if (!object || (options.id === undefined && ofKind.length > 1)) {
    const known = ofKind.map(({ id }) => id).join(', ');
    throw Object.assign(new Error(`Which ${kind} of ${options.home} is meant is not clear.`), {
      code: 'no-object',
      remedy: known ? `Give --id with one of: ${known}.` : `The home has no ${kind}; choose another kind.`,
    });
  }
  const identity = options.identity ?? `sim-${options.site}-${object.id}`;
  const running = new ObjectProcess({
    object: loneObject(home, object),
    siteId: options.site,
    brokerUrl: options.broker,
    secretsDir: options.secrets,
    identity,
    onProblem: (message) => log('warn', message),
  });
  endOrderly(() => running.close());
  log('info', 'the object answers', { object: object.id, kind, site: options.site });
}

async function runAsk(
  operation: string,
  first: string | undefined,
  second: string | undefined,
  { at }: { readonly at: string },
): Promise<void> {
  // Where no object is named the body follows at once.
  const [id, body] = first?.startsWith('{') ? [undefined, first] : [first, second];
  const question = {
    url: at,
    operation,
    ...(id === undefined ? {} : { id }),
    ...(body === undefined ? {} : { body }),
  };
  process.stdout.write(`${JSON.stringify(await ask(question), null, 2)}\n`);
}

async function runFleet(options: FleetCommand): Promise<void> {
  const log = openLog('device-sim');
  const { Fleet } = await import('./fleet/fleet.ts');
  const { sites: count, home: homeFile, data, broker, secrets, prefix, speed: pace } = options;
  const fleet = await Fleet.start({
    ...{ sites: count, homeFile, prefix, speed: pace, log },
    ...{ dataDir: data, brokerUrl: broker, secretsDir: secrets },
  });
  endOrderly(() => fleet.close());
  log('info', 'the fleet is alive', { sites: count, prefix, speed: pace });
}

function endOrderly(close: () => Promise<void>): void {
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), LONGEST_END_MS).unref();
    void close().then(() => process.exit(0));
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('disconnect', end);
}

function anchorOf(options: RunOptions, home: Home): Anchor {
  const realMs = Date.now();
  const siteMs = startOf(home, options.profile ?? home.profile) ?? realMs;
  return { realMs, siteMs, ...options.anchor, speed: options.speed };
}

/** Where the home's time begins, epoch ms; null when it lives in the present. */
function startOf(home: Home, profile: string | undefined): number | null {
  if (profile) return Profile.firstDayMs(profile, home.zone);
  return home.start === undefined ? null : instantOfLocal(home.zone, home.start);
}

function gathered(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

function failureOf(error: unknown): Failure {
  const { code, remedy, message } = error as { code?: unknown; remedy?: unknown; message?: unknown };
  if (code === 'EADDRINUSE') {
    return {
      code: 'port-taken',
      message: `${(error as Error).message}.`,
      remedy: 'Stop the other program, or choose other ports.',
    };
  }
  return {
    code: typeof code === 'string' ? code : 'start-failed',
    message: typeof message === 'string' ? message : String(error),
    remedy: typeof remedy === 'string' ? remedy : 'Mend it and start again.',
  };
}

async function main(): Promise<void> {
  if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR) {
    throw Object.assign(new Error(`Node ${process.versions.node} is too old.`), {
      code: 'old-node',
      remedy: `Start it by \`npm run device-sim\`, which brings Node ${NODE_MAJOR}.`,
    });
  }
  // What it writes tells of a home: for its own user only.
  process.umask(0o077);
  await program.parseAsync();
}

main().catch((error: unknown) => {
  const failure = failureOf(error);
  process.stderr.write(`${failure.message} ${failure.remedy} (${failure.code})\n`);
  const end = () => process.exit(1);
  if (process.send) process.send({ failed: failure }, end);
  else end();
});
