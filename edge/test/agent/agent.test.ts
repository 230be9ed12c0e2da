import { afterEach, describe, expect, test } from '@jest/globals';
import type { SiteDescription, SiteEvent, SiteState } from '@wattward/broker/wire/site';
import { type Agent, startAgent } from '../../src/agent.ts';
import { sunspecStorage } from '../../src/catalogue/inverters/sunspec-models.ts';
import { loadConfig } from '../../src/config.ts';
import type { MqttBus } from '../../src/link/mqtt-bus.ts';
import { decode } from '../../src/registers/codec.ts';
import { until } from '../devices/modbus-server.ts';
import { gridReading, SmallHome, type SmallHomeOptions, STORAGE_AT } from './small-home.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const QUIET = { info: () => {}, warn: () => {}, error: () => {} };
/** Site time runs ten times as fast; one cycle is 1 s of it. */
const FAST: SmallHomeOptions = { speed: 10, cycleMs: 1_000 };

async function started(options: SmallHomeOptions = FAST) {
  const home = await SmallHome.open(options);
  open.push(() => home.close());
  return { home, agent: await boxIn(home) };
}

async function boxIn(home: SmallHome): Promise<Agent> {
  const agent = await startAgent({ config: loadConfig(home.configFile), log: QUIET });
  open.push(() => agent.stop());
  return agent;
}

async function portalOf(home: SmallHome) {
  const portal: MqttBus = home.broker.bus('portal');
  const states: SiteState[] = [];
  const descriptions: SiteDescription[] = [];
  const events: SiteEvent[] = [];
  const availability: string[] = [];
  portal.subscribe('siteState', {}, ({ message }) => states.push(message));
  portal.subscribe('siteDescription', {}, ({ message }) => descriptions.push(message));
  portal.subscribe('siteEvent', {}, ({ message }) => events.push(message));
  portal.subscribe('siteAvailability', {}, ({ message }) => availability.push(message));
  portal.start();
  open.push(() => portal.end());
  await until('the portal', () => portal.online);
  return { portal, states, descriptions, events, availability };
}

describe('the box with real sockets', () => {
  test('reads the meter, switches its load on, and tells the portal all of it', async () => {
    const { home, agent } = await started();
    const { states, descriptions, availability } = await portalOf(home);
    await until('the load on', () => home.board.isOn(1), 20_000);
    await until('its report', () => states.at(-1)?.loads[0]?.reported === true);
    const state = states.at(-1);
    expect(state?.power).toMatchObject({ gridPowerW: 300, pvPowerW: 0, batteryPowerW: 0 });
    expect(state).toMatchObject({ site: 'home-1', mode: 'normal', batterySocPct: 34 });
    expect(state?.loads[0]).toMatchObject({ id: 'pool-heater', desired: true, shed: false });
    expect(state?.signals.gridPowerW).toMatchObject({ value: 300, quality: 'good' });
    expect(descriptions[0]).toMatchObject({
      site: 'home-1',
      capabilities: { pv: true, battery: true, ev: false, phases: 3 },
      bounds: { 'peak-threshold': { min: 5000, max: 12_000, unit: 'W' } },
    });
    expect(availability).toContain('online');
    expect(agent.store.stats().acceptedPoints).toBeGreaterThan(0);
  });

  test('gives the battery its mode and limits with a revert time', async () => {
    const { home } = await started();
    const storage = () => decode(sunspecStorage, home.inverter.registers, STORAGE_AT);
    await until('the limits', () => storage().controlBits === 3, 20_000);
    // 34 % is below the start of discharge: hold.
    expect(storage()).toMatchObject({ dischargeRatePct: 0, chargeRatePct: 100, revertS: 90 });
  });

  test('sheds above the peak threshold, and keeps decision and event until they are acknowledged', async () => {
    const { home, agent } = await started();
    const { portal, events, states } = await portalOf(home);
    await until('the load on', () => home.board.isOn(1), 20_000);
    home.drawsFromGrid(gridReading(10_000));
    await until('the shed', () => !home.board.isOn(1), 20_000);
    await until('Peak Mode at the portal', () => states.at(-1)?.mode === 'peak');
    expect(states.at(-1)).toMatchObject({ peak: { active: true, shedLoads: ['pool-heater'] } });
    await until('the event', () => events.some(({ code }) => code === 'home-mode'));
    const event = events.find(({ code }) => code === 'home-mode');
    expect(await agent.store.pendingEvents(50)).toContainEqual(expect.objectContaining({ seq: event?.seq }));
    await portal.publish('siteEventAck', { siteId: 'home-1' }, { v: 1, seq: event?.seq ?? 0 });
    const pending = async () => (await agent.store.pendingEvents(50)).map(({ seq }) => seq);
    while ((await pending()).includes(event?.seq ?? 0))
      await new Promise((resolve) => setTimeout(resolve, 10));
    const decisions = await agent.store.readDecisions({});
    expect(decisions.map(({ actuator, outcome }) => `${actuator} ${outcome}`)).toEqual(
      expect.arrayContaining(['home peak', 'load:pool-heater off']),
    );
    expect(await agent.store.verifyJournal()).toMatchObject({ ok: true });
  });

  test('a silent meter takes no device along: the cycle goes on and says what is missing', async () => {
    const { home, agent } = await started();
    await until('a good reading', () => agent.picture()?.snapshot.grid.powerW.quality === 'good');
    home.meter.silent = true;
    await until('a stale meter', () => agent.picture()?.snapshot.grid.powerW.quality === 'stale', 20_000);
    const cycle = agent.picture()?.decision.cycle ?? 0;
    const atMs = performance.now();
    await until('ten more cycles', () => (agent.picture()?.decision.cycle ?? 0) >= cycle + 10);
    expect(performance.now() - atMs).toBeLessThan(1_500);
    expect(agent.picture()?.snapshot.batteries[0]?.socPct.quality).toBe('good');
    home.meter.silent = false;
    await until('the meter again', () => agent.picture()?.snapshot.grid.powerW.quality === 'good', 20_000);
  });

  test('a broker that goes away stops no cycle, and the box is there again when it is', async () => {
    const { home, agent } = await started();
    await until('a picture', () => agent.picture() !== null);
    await home.broker.close();
    const cycle = agent.picture()?.decision.cycle ?? 0;
    await until('ten more cycles', () => (agent.picture()?.decision.cycle ?? 0) >= cycle + 10);
  });

  test('answers questions: settings and decisions, and refuses what it cannot do', async () => {
    const { home } = await started();
    const { portal } = await portalOf(home);
    const answers = new Map<string, unknown>();
    portal.subscribe('siteResponse', { siteId: 'home-1' }, ({ message }) =>
      answers.set(message.transaction, message),
    );
    const ask = async (verb: string, transaction: string, more: object = {}) => {
      await portal.publish('siteRequest', { siteId: 'home-1', verb }, { v: 1, transaction, ...more });
      await until(`the answer to ${verb}`, () => answers.has(transaction));
      return answers.get(transaction);
    };
    await until('the site', () => portal.online);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(await ask('settings', 't1')).toMatchObject({
      status: 'ok',
      data: { version: 1, settings: { name: 'Small home' } },
    });
    expect(await ask('decisions', 't2', { limit: 5 })).toMatchObject({
      status: 'ok',
      data: { nextBeforeSeq: null },
    });
    expect(await ask('decisions', 't3', { limit: 0 })).toMatchObject({
      status: 'error',
      error: { code: 'bad-question' },
    });
    expect(await ask('logs', 't4')).toMatchObject({ status: 'error', error: { code: 'not-supported' } });
    expect(await ask('explain', 't5', { actuator: 'load:pool-heater' })).toMatchObject({
      status: 'ok',
      data: { actuator: 'load:pool-heater', name: 'Pool heater', chain: expect.any(Array) },
    });
    expect(await ask('explain', 't6', { actuator: 'load:sauna' })).toMatchObject({
      status: 'error',
      error: { code: 'no-such-actuator', remedy: 'One of: load:pool-heater, battery:battery' },
    });
    const span = { from: '2026-01-14T12:00:00.000Z', to: '2026-01-14T13:00:00.000Z' };
    expect(await ask('replay', 't7', span)).toMatchObject({
      status: 'ok',
      data: { firstDifference: null, journal: { ok: true } },
    });
    expect(await ask('replay', 't8', { from: span.to, to: span.from })).toMatchObject({
      status: 'error',
      error: { code: 'bad-question' },
    });
  });

  test('after a restart it remembers its decisions, and changed settings become the next version', async () => {
    const home = await SmallHome.open(FAST);
    open.push(() => home.close());
    const first = await startAgent({ config: loadConfig(home.configFile), log: QUIET });
    await until('the load on', () => home.board.isOn(1), 20_000);
    const cycle = first.picture()?.decision.cycle ?? 0;
    await first.stop();
    const second = await boxIn(home);
    await until('a picture', () => second.picture() !== null);
    expect(second.picture()?.decision.cycle).toBeGreaterThan(cycle);
    expect(second.picture()?.decision.loads[0]?.on).toBe(true);
    expect(home.board.state.channels[0]?.switches).toBe(1);
  });
});
