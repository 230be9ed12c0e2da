/** The fleet alone in its process, so that memory and time are its own: prints them after a while, as JSON. */
import { setTimeout as delay } from 'node:timers/promises';
import { Fleet } from '../src/fleet/fleet.ts';

const [homeFile = '', sites = '', dataDir = '', brokerUrl = '', secretsDir = '', seconds = ''] =
  process.argv.slice(2);
const fleet = await Fleet.start({
  ...{ homeFile, dataDir, brokerUrl, secretsDir, sites: Number(sites), prefix: 'home', speed: 1 },
  log: () => {},
});
await delay(5_000);
const before = process.cpuUsage();
const startedMs = performance.now();
await delay(Number(seconds) * 1000);
const { user, system } = process.cpuUsage(before);
const deciding = fleet.members.filter(({ box }) => box.picture() !== null).length;
const told = {
  rssMb: process.memoryUsage.rss() / 1e6,
  cpuPct: (user + system) / 10 / (performance.now() - startedMs),
  deciding,
};
process.stdout.write(`${JSON.stringify(told)}\n`);
await fleet.close();
process.exit(0);
