/** A home of real processes whose parts a test can start, kill and ask one by one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PORTAL_SERVER } from '../build/portal.ts';
import { describeHome, type HomeDescription } from '../local/home-description.ts';
import { type Layout, layout, type SiteLayout } from '../local/layout.ts';
import { parseOptions, type StartOptions } from '../local/options.ts';
import {
  boxProcess,
  brokerProcess,
  portalProcess,
  signerProcess,
  simulatorProcess,
} from '../local/processes.ts';
import { provision } from '../local/provision.ts';
import type { Anchor } from '../local/site-clock.ts';
import type { ProcessSpec } from '../local/supervisor.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');

/** Polls until `look` gives something; fails with `what` after the time. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false | null> | T | undefined | false | null,
  timeoutMs = 45_000,
): Promise<T> {
  const endMs = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < endMs) {
    try {
      const found = await look();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(
    `${what}: not within ${timeoutMs / 1000} s (last: ${last instanceof Error ? last.message : JSON.stringify(last)})`,
  );
}

/** The first of 40 ports in a row that nobody uses. */
export async function freePortsBase(): Promise<number> {
  for (;;) {
    const base = 20_000 + 40 * Math.floor(Math.random() * 300);
    const free = await Promise.all([0, 1, 10, 11, 12, 20, 21, 22].map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

export interface SimObject {
  readonly id: string;
  readonly kind: string;
  readonly [property: string]: unknown;
}

export class HomeRig {
  readonly options: StartOptions;
  readonly plan: Layout;
  readonly site: SiteLayout;
  readonly anchor: Anchor;
  readonly #children = new Map<string, ChildProcess>();
  #homes: readonly HomeDescription[] = [];

  static async prepare(args: readonly string[]): Promise<HomeRig> {
    const base = await freePortsBase();
    const dataDir = mkdtempSync(path.join(tmpdir(), 'home-'));
    const options = parseOptions([...args, '--ports', String(base), '--data', dataDir], ROOT);
    const plan = layout(options.dataDir, options.portsBase, options.sites);
    for (const { dir } of plan.sites) mkdirSync(dir, { recursive: true });
    const homes = await Promise.all(plan.sites.map((site) => describeHome(ROOT, options, site)));
    const nowMs = Date.now();
    const anchor = { realMs: nowMs, siteMs: homes[0]?.startMs ?? nowMs, speed: options.speed };
    const rig = new HomeRig(options, plan, anchor);
    rig.#homes = homes;
    await provision({ root: ROOT, plan, options, anchor, homes });
    return rig;
  }

  private constructor(options: StartOptions, plan: Layout, anchor: Anchor) {
    const [site] = plan.sites;
    if (!site) throw new RangeError('a rig needs a site');
    this.options = options;
    this.plan = plan;
    this.site = site;
    this.anchor = anchor;
  }

  get home(): HomeDescription {
    const [home] = this.#homes;
    if (!home) throw new RangeError('no home described');
    return home;
  }

  /** @param bundle folder of a bundle to start it from instead of its sources. */
  startBroker = (bundle?: string) => this.#start(brokerProcess(ROOT, this.plan), bundle);
  startSimulator = () =>
    this.#start(simulatorProcess(ROOT, this.plan, this.site, { options: this.options, anchor: this.anchor }));
  /** @param bundle as of `startBroker`. */
  startBox = (bundle?: string) => this.#start(boxProcess(ROOT, this.plan, this.site), bundle);
  async startPortal(): Promise<void> {
    await this.#start(signerProcess(ROOT, this.plan));
    await this.#start(portalProcess(ROOT, this.plan, PORTAL_SERVER));
  }

  async #start(spec: ProcessSpec, bundle?: string): Promise<void> {
    const [program, args] = bundle
      ? [
          path.join(bundle, 'run'),
          spec.args.slice(1 + spec.args.findIndex((arg) => arg.endsWith('/main.ts'))),
        ]
      : [process.execPath, spec.args];
    const child = spawn(program, args, {
      env: { ...process.env, ...spec.env, ...(bundle ? onlyNode() : {}) },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const words: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        words.push(chunk.toString());
        if (words.length > 200) words.shift();
      });
    }
    this.#children.set(spec.name, child);
    let ready = false;
    child.on('message', (word: { ready?: boolean }) => {
      if (word.ready) ready = true;
    });
    await eventually(
      `${spec.name} ready`,
      async () => {
        if (child.exitCode !== null) throw new Error(`${spec.name} ended: ${words.join('').slice(-2000)}`);
        return ready || (spec.probe ? await spec.probe() : false);
      },
      30_000,
    ).catch((error) => {
      throw new Error(`${error instanceof Error ? error.message : error}\n${words.join('').slice(-3000)}`);
    });
  }

  kill(name: 'broker' | 'simulator' | 'box', signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#children.get(name === 'broker' ? name : `${name}-${this.site.id}`);
    if (!child) throw new RangeError(`${name} does not run`);
    return ended(child, signal);
  }

  async stop(): Promise<void> {
    for (const child of [...this.#children.values()].toReversed()) await ended(child, 'SIGTERM');
    rmSync(this.plan.dataDir, { recursive: true, force: true });
  }

  /** A call to the simulator's API. */
  async sim<T = unknown>(method: 'GET' | 'POST' | 'PATCH', where: string, body?: object): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${this.site.simHttpPort}/api/v1/${where}`, {
      method,
      ...(body ? { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } } : {}),
    });
    if (!response.ok) throw new Error(`${method} ${where}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  secret(identity: string): { id: string; secret: string } {
    return JSON.parse(readFileSync(path.join(this.plan.secretsDir, `${identity}.json`), 'utf8')) as {
      id: string;
      secret: string;
    };
  }
}

/** A machine that has Node and the system's own programs, and no checkout. */
export function onlyNode(): NodeJS.ProcessEnv {
  return { PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`, HOME: tmpdir() };
}

function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 8_000);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill(signal);
  });
}
