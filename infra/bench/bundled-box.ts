/** The box as it is shipped, a one-file bundle, beside the simulated home and a history that takes everything. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { startInfluxStub } from '@wattward/edge/testing/influx-stub';
import { builtBundle } from '../build/bundle.ts';
import { BOX_FLAGS } from '../build/node-flags.ts';
import { HomeRig, ROOT } from '../test/home-rig.ts';

export interface BundledBox {
  /** Of the box itself, whatever it was started under. */
  readonly pid: number;
  /** Points the history holds. */
  readonly points: () => number;
  stop(): Promise<void>;
}

/**
 * @param home options of `npm start`.
 * @param under program with arguments to start the box under, such as `strace`.
 */
export async function startBundledBox(
  home: readonly string[],
  under: readonly string[] = [],
): Promise<BundledBox> {
  const dir = await builtBundle(ROOT, 'edge');
  const influx = await startInfluxStub();
  const { url, token, org, bucket } = influx;
  Object.assign(process.env, {
    INFLUX_URL: url,
    INFLUX_TOKEN: token,
    INFLUX_ORG: org,
    INFLUX_BUCKET: bucket,
  });
  const rig = await HomeRig.prepare(['--headless', ...home]);
  await rig.startBroker();
  await rig.startSimulator();
  const config = path.join(rig.site.dir, 'edge.yaml');
  const run = [process.execPath, ...BOX_FLAGS, path.join(dir, 'main.js'), 'run', '--config', config];
  const [command = '', ...args] = [...under, ...run];
  const started = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [said] = await once(started, 'message');
  const pid = under.length === 0 ? Number(started.pid) : onlyChild(Number(started.pid));
  const stop = async () => {
    // Not to strace, which would let it live on.
    process.kill(pid, 'SIGTERM');
    if (started.exitCode === null && started.signalCode === null) await once(started, 'exit');
    await rig.stop();
    await influx.close();
  };
  if (!said.ready) {
    await stop();
    throw new Error(`the box did not start: ${JSON.stringify(said)}`);
  }
  return { pid, points: () => influx.points.size, stop };
}

function onlyChild(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
}
