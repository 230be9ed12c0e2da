/** What a restart may not do: move a relay. The real box, with its settings changed underneath it. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { parse, stringify } from 'yaml';
import { type Agent, startAgent } from '../../src/agent.ts';
import { loadConfig } from '../../src/config.ts';
import { BOARD } from '../devices/home-broker.ts';
import { until } from '../devices/modbus-server.ts';
import { gridReading, SmallHome } from './small-home.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const QUIET = { info: () => {}, warn: () => {}, error: () => {} };

interface SiteFile {
  loads: Record<string, unknown>[];
  control: { peak?: Record<string, unknown> };
}

async function boxIn(home: SmallHome): Promise<Agent> {
  const agent = await startAgent({ config: loadConfig(home.configFile), log: QUIET });
  open.push(() => agent.stop());
  return agent;
}

function changeSite(home: SmallHome, change: (site: SiteFile) => void): void {
  const file = path.join(home.dir, 'site.yaml');
  const site = parse(readFileSync(file, 'utf8')) as SiteFile;
  change(site);
  writeFileSync(file, stringify(site));
}

const second = (id: string, channel: number) => ({
  ...{ id, name: id, board: BOARD, channel, nominalPowerW: 1000, phase: 'L2', priority: 2 },
  ...{ use: 'always', minOnS: 0, minOffS: 0, maxSwitchesPerHour: 60, maxSwitchesPerDay: 60 },
});

/** A home with two loads on for good, and every level its pins ever had. */
async function settledHome() {
  const pins: string[] = [];
  const home = await SmallHome.open({
    speed: 20,
    cycleMs: 1000,
    onPin: (channel, level) => pins.push(`${channel} ${level}`),
  });
  open.push(() => home.close());
  changeSite(home, (site) => site.loads.push(second('water-heater', 2)));
  const first = await boxIn(home);
  await until('both loads on', () => home.board.isOn(1) && home.board.isOn(2), 20_000);
  await until('both reported', () => first.picture()?.snapshot.loads.every((l) => l.reportedOn) ?? false);
  await first.stop();
  return { home, pins, before: [...pins] };
}

/** Runs the next box past its first renewals: what it would do otherwise, it has done by then. */
async function wellUnderWay(agent: Agent): Promise<void> {
  const cycle = () => agent.picture()?.decision.cycle ?? 0;
  await until('a picture', () => agent.picture() !== null);
  const from = cycle();
  await until('cycles', () => cycle() >= from + 12, 20_000);
}

const CHANGES: readonly [string, (site: SiteFile) => void][] = [
  ['nothing changed', () => {}],
  ['a load added in front', (site) => site.loads.unshift({ ...second('sauna', 3), use: 'manual' })],
  ['loads in another order', (site) => site.loads.reverse()],
  ['a threshold moved', (site) => Object.assign(site.control, { peak: { thresholdW: 7000 } })],
  ['another name and priority', (site) => Object.assign(site.loads[0] ?? {}, { name: 'Pool', priority: 9 })],
];

test('restart after restart with other settings no relay moves; a load removed goes home with its lease', async () => {
  const { home, pins, before } = await settledHome();
  for (const [what, change] of CHANGES) {
    changeSite(home, change);
    const next = await boxIn(home);
    await wellUnderWay(next);
    const on = next
      .picture()
      ?.decision.loads.filter((load) => load.on)
      .map(({ id }) => id);
    expect({ what, on: on?.sort() }).toEqual({ what, on: ['pool-heater', 'water-heater'] });
    expect({ what, pins }).toEqual({ what, pins: before });
    await next.stop();
  }
  changeSite(home, (site) =>
    site.loads.splice(
      site.loads.findIndex(({ id }) => id === 'pool-heater'),
      1,
    ),
  );
  await wellUnderWay(await boxIn(home));
  await until('its relay at home', () => !home.board.isOn(1), 20_000);
  expect(pins.slice(before.length)).toEqual(['1 0']);
  expect(home.board.isOn(2)).toBe(true);
}, 60_000);

test('a load that was shed stays shed over a restart, and the other stays on', async () => {
  const { home, pins } = await settledHome();
  const shedding = await boxIn(home);
  home.drawsFromGrid(gridReading(9_800));
  await until('the shed', () => !home.board.isOn(1), 20_000);
  home.drawsFromGrid(gridReading(8_500));
  await shedding.stop();
  const before = [...pins];
  const next = await boxIn(home);
  await wellUnderWay(next);
  expect(pins).toEqual(before);
  expect(next.picture()?.decision.loads.find(({ id }) => id === 'pool-heater')).toMatchObject({ shed: true });
}, 60_000);
