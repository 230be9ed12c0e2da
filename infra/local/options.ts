/** The command line of `npm start`. */
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';

export interface StartOptions {
  readonly fresh: boolean;
  /** Absolute path of the home file. */
  readonly homeFile: string;
  /** Absolute path of a measured profile, or null for the generated household. */
  readonly profile: string | null;
  /** Absolute path of measured weather, or null for a generated sky. */
  readonly weather: string | null;
  readonly speed: number;
  readonly sites: number;
  readonly portsBase: number;
  readonly headless: boolean;
  /** Absolute path of the directory that holds everything this home writes. */
  readonly dataDir: string;
}

const SHIPPED_HOMES = 'device-sim/homes';

/** @throws CommanderError, having printed help or one sentence. */
export function parseOptions(argv: readonly string[], root: string): StartOptions {
  const command = new Command('npm start --')
    .description('Runs a whole simulated home: broker, simulator, box and portal, on this machine alone.')
    .option('--fresh', 'forget what earlier runs of this home have stored', false)
    .option(
      '--home <file>',
      'the home to simulate: a file, or the name of a shipped one (see device-sim/homes: default, peak, practice, outages, heat-pump, business, measured)',
      'default',
    )
    .option('--profile <path>', 'replay measured load: a directory of 1-min .csv.gz files or a 30-min .csv')
    .option('--weather <path>', 'replay measured weather: a CSV file of DWD, PVGIS or Open-Meteo')
    .option('--speed <n>', 'how many times faster than real time, 1 to 20', number('speed', 1, 20), 1)
    .option('--sites <n>', 'how many homes, 1 to 8', whole('sites', 1, 8), 1)
    .option('--ports <base>', 'first port; the portal listens there', whole('ports', 1024, 65_000), 4700)
    .option('--headless', 'without the portal', false)
    .option('--data <dir>', 'where everything is stored (default: .wattward/<home>)')
    .addHelpText(
      'after',
      '\nExamples:\n  npm start\n  npm start -- --home peak --speed 10 --fresh\n  npm start -- --sites 2',
    )
    .showHelpAfterError('(npm start -- --help lists the options)')
    .exitOverride();
  command.parse(argv, { from: 'user' });
  const given = command.opts<{
    fresh: boolean;
    home: string;
    profile?: string;
    weather?: string;
    speed: number;
    sites: number;
    ports: number;
    headless: boolean;
    data?: string;
  }>();
  const homeFile = resolveHome(given.home, root, command);
  const profile = measured('profile', given.profile, 'a directory of .csv.gz files or a .csv file', command);
  const weather = measured('weather', given.weather, 'a .csv file of DWD, PVGIS or Open-Meteo', command);
  const name = [
    path.basename(homeFile).replace(/\.ya?ml$/, ''),
    ...(profile ? [path.parse(profile).name] : []),
  ].join('-');
  return {
    fresh: given.fresh,
    homeFile,
    profile,
    weather,
    speed: given.speed,
    sites: given.sites,
    portsBase: given.ports,
    headless: given.headless,
    dataDir: path.resolve(given.data ?? path.join(root, '.wattward', name)),
  };
}

function resolveHome(given: string, root: string, command: Command): string {
  const shipped = path.join(root, SHIPPED_HOMES, `${given}.yaml`);
  if (!given.includes('/') && existsSync(shipped)) return shipped;
  const file = path.resolve(given);
  if (existsSync(file) && statSync(file).isFile()) return file;
  return command.error(`error: there is no home "${given}": give a .yaml file, or one of ${SHIPPED_HOMES}`, {
    code: 'home-missing',
  });
}

function measured(
  what: 'profile' | 'weather',
  given: string | undefined,
  give: string,
  command: Command,
): string | null {
  if (given === undefined) return null;
  const file = path.resolve(given);
  if (existsSync(file)) return file;
  return command.error(`error: there is no ${what} at "${given}": give ${give}`, { code: `${what}-missing` });
}

function number(name: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isFinite(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`${name} is a number from ${min} to ${max}.`);
  };
}

function whole(name: string, min: number, max: number): (text: string) => number {
  const parse = number(name, min, max);
  return (text) => {
    const value = parse(text);
    if (Number.isInteger(value)) return value;
    throw new InvalidArgumentError(`${name} is a whole number from ${min} to ${max}.`);
  };
}
