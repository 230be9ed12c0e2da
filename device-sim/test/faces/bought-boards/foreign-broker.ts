/** A broker without our rules, as one finds it in a home: mosquitto that lets everybody in. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import mqtt from 'mqtt';

export async function openMosquitto(open: (() => Promise<unknown>)[]): Promise<string> {
  const probe = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => probe.once('listening', resolve));
  const address = probe.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  await new Promise((resolve) => probe.close(resolve));
  const dir = mkdtempSync(path.join(tmpdir(), 'mosquitto-'));
  const file = path.join(dir, 'mosquitto.conf');
  writeFileSync(file, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
  const child: ChildProcess = spawn('mosquitto', ['-c', file], { stdio: 'ignore' });
  open.push(async () => {
    child.kill();
    rmSync(dir, { recursive: true });
  });
  const url = `mqtt://127.0.0.1:${port}`;
  const client = mqtt.connect(url, { reconnectPeriod: 50 });
  await new Promise((resolve) => client.once('connect', resolve));
  await client.endAsync();
  return url;
}
