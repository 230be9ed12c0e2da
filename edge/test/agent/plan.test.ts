/** A hand-written plan and orders from afar at the real box, and what can be asked of its disk afterwards. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import type { Plan } from '@wattward/broker/wire/plan';
import type { SetpointAck } from '@wattward/broker/wire/setpoint';
import type { SiteDescription } from '@wattward/broker/wire/site';
import { startAgent } from '../../src/agent.ts';
import { explain } from '../../src/commands/explain.ts';
import { clearPlan, setPlan } from '../../src/commands/plan.ts';
import { replay } from '../../src/commands/replay.ts';
import { status } from '../../src/commands/status.ts';
import { loadConfig } from '../../src/config.ts';
import { until } from '../devices/modbus-server.ts';
import { pen, signed } from '../setpoint/signed-setpoints.ts';
import { SmallHome } from './small-home.ts';

const open: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

const START_MS = Date.UTC(2026, 0, 14, 12);
const iso = (afterMin: number) => new Date(START_MS + afterMin * 60_000).toISOString();

const PLAN: Plan = {
  v: 1,
  site: 'home-1',
  id: 'hand-written-1',
  issued: iso(0),
  expires: iso(600),
  slots: [
    {
      start: iso(0),
      end: iso(60),
      batteries: [
        {
          ...{ id: 'battery', mode: 'charge-grid', chargeLimitW: 1500, dischargeLimitW: 0 },
          ...{ socMinPct: 20, socMaxPct: 60 },
        },
      ],
      loadsOn: [],
      houseLoadW: 300,
      houseLoadBandW: 5000,
      storedValuePerKwh: 0.3,
    },
  ],
  currency: 'EUR',
  expectedCostMoney: 1,
  rulesCostMoney: 1.2,
  binding: [],
};

test('a plan is followed, shown and left again; orders go before it; the disk tells and proves all of it', async () => {
  const home = await SmallHome.open({ speed: 10, cycleMs: 1_000 });
  open.push(() => home.close());
  writeFileSync(
    path.join(home.dir, 'setpoint-key.pub'),
    pen.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  );
  const portal = home.broker.bus('portal');
  const plans: Plan[] = [];
  const acks: SetpointAck[] = [];
  const descriptions: SiteDescription[] = [];
  portal.subscribe('sitePlan', {}, ({ message }) => plans.push(message));
  portal.subscribe('siteSetpointAck', {}, ({ message }) => acks.push(message));
  portal.subscribe('siteDescription', {}, ({ message }) => descriptions.push(message));
  portal.start();
  open.push(() => portal.end());
  await until('the portal', () => portal.online);

  const file = path.join(home.dir, 'plan.json');
  writeFileSync(file, JSON.stringify({ ...PLAN, site: 'home-2' }));
  expect(() => setPlan(home.configFile, file)).toThrow(/for the site "home-2"/);
  writeFileSync(file, JSON.stringify(PLAN));
  expect(setPlan(home.configFile, file)).toContain('plan "hand-written-1" with 1 slots');

  const agent = await startAgent({
    config: loadConfig(home.configFile),
    log: { info: () => {}, warn: () => {}, error: () => {} },
  });
  open.push(() => agent.stop());
  const battery = () => agent.picture()?.decision.batteries[0];
  await until('the plan', () => battery()?.reason.rule === 'plan', 20_000);
  expect(battery()).toMatchObject({ mode: 'charge-grid', chargeLimitW: 1500, reason: { code: 'plan-mode' } });
  await until('the plan at the portal', () => plans.some(({ id }) => id === PLAN.id));

  await until('the description', () => descriptions.length > 0);
  let seq = 0;
  const send = async (kind: string, value: object) => {
    seq += 1;
    const challenge = descriptions.at(-1)?.challenge ?? '';
    const times = { notBefore: iso(-60), expires: iso(60) };
    const text = signed({ id: `proposal-${seq}`, seq, kind, value, challenge, ...times });
    await portal.publish('siteSetpoint', { siteId: 'home-1' }, JSON.parse(text));
    const id = `proposal-${seq}`;
    await until(`the answer to ${kind}`, () =>
      acks.some((ack) => ack.id === id && ack.status !== 'accepted'),
    );
    return acks.find((ack) => ack.id === id && ack.status !== 'accepted');
  };
  expect(await send('battery-mode', { battery: null, mode: 'idle', limitW: null })).toMatchObject({
    status: 'active',
  });
  await until('the order', () => battery()?.reason.code === 'order-mode');
  expect(battery()?.mode).toBe('idle');
  expect(await send('load', { load: 'pool-heater', on: false })).toMatchObject({ status: 'active' });
  await until('the load off', () => agent.picture()?.decision.loads[0]?.on === false);
  expect(agent.picture()?.decision).toMatchObject({ homeMode: 'manual' });
  expect(await send('import-limit', { watts: 4200 })).toMatchObject({ status: 'active' });
  await until('the limit', () => agent.picture()?.core.grid.importLimitW === 4200);
  expect(await send('import-limit', { watts: 1000 })).toMatchObject({
    status: 'refused',
    why: 'out-of-bounds',
    params: { kind: 'import-limit', value: 1000, min: 4200, unit: 'W' },
  });
  expect(await send('policy', { policy: 'advise' })).toMatchObject({ status: 'active' });
  await until('no plan in force', () => agent.picture()?.plan === null);
  expect(clearPlan(home.configFile)).toContain('the rules run');

  await agent.stop();
  const proof = await replay({ config: home.configFile });
  expect(proof.text).toMatch(/decided again: all equal, bit for bit/);
  expect(proof.ok).toBe(true);
  const told = await explain({ config: home.configFile, actuator: 'load:pool-heater', lang: 'de' });
  expect(told).toMatch(/> +8 orders/);
  expect(told).toContain('"Pool heater" ist aus');
  await expect(
    explain({ config: home.configFile, actuator: 'load:sauna', lang: 'en' }),
  ).rejects.toMatchObject({
    code: 'no-such-actuator',
  });
  const books = await status(home.configFile);
  expect(books).toContain('accepted = delivered + pending + thinned + dropped + quarantined, exactly');
  const counts = Object.fromEntries(
    [...books.matchAll(/^ {2}(\w+) +(\d+)$/gm)].map(([, name, count]) => [name, Number(count)]),
  );
  expect(counts.pending).toBeGreaterThan(0);
  const { delivered, pending, thinned, dropped, quarantined, accepted } = counts;
  const sum = [delivered, pending, thinned, dropped, quarantined].reduce((a = 0, b = 0) => a + b, 0);
  expect(accepted).toBe(sum);
  expect(books).toMatch(/load:pool-heater off: .*\n/);
}, 60_000);
