/**
 * The box as a whole: opens disk, buses and devices from its configuration, runs the cycle, and ends in order.
 * Everything it needs from outside comes in as options, so that a test or a fleet can start many of them.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, openClock } from './clock.ts';
import { type EdgeConfig, readSecret, readText } from './config.ts';
import { restoreState } from './core/restore-state.ts';
import { Actor } from './cycle/act.ts';
import { ControlTime } from './cycle/control-time.ts';
import { Cycle, type Picture } from './cycle/cycle.ts';
import { openDevices } from './cycle/devices.ts';
import { Latch } from './cycle/latch.ts';
import { cycleLengthMs, keepPace } from './cycle/pace.ts';
import { PointMaker } from './cycle/points.ts';
import { Poller } from './cycle/poll.ts';
import { CONTROL_STATE_KEY, Recorder } from './cycle/recorder.ts';
import { answerRequests, CloudLink } from './link/cloud-link.ts';
import { type BusNote, MqttBus } from './link/mqtt-bus.ts';
import { answerRequest } from './link/requests.ts';
import { siteDescriptionOf } from './link/site-description.ts';
import { siteStateOf } from './link/site-state.ts';
import { coreSettings } from './settings/core-settings.ts';
import { holdingSettings } from './settings-document.ts';
import { openStore } from './store/open-store.ts';
import type { EventRecord, Stamp, Store } from './store/store.ts';

/** Where the box says what happens to it: pino, or anything like it. */
export interface AgentLog {
  info(detail: object, message: string): void;
  warn(detail: object, message: string): void;
  error(detail: object, message: string): void;
}

export interface AgentOptions {
  readonly config: EdgeConfig;
  readonly log: AgentLog;
  /** Another disk than the usual one, for a fleet in one process. */
  readonly openStore?: typeof openStore;
}

export interface Agent {
  /** The newest picture; null before the first cycle. */
  readonly picture: () => Picture | null;
  readonly store: Store;
  /** Settles when the cycle ended: by `stop`, or rejects with what broke it. */
  readonly done: Promise<void>;
  /** Ends in order: state saved, points committed, portal told. */
  stop(): Promise<void>;
}

const SAVE_ON_CONTROL_LOSS = 'the cycle broke; relays return to their safe state when their leases end';

/** Starts the box. @throws StartError when its files do not let it. */
export async function startAgent({ config, log, openStore: open = openStore }: AgentOptions): Promise<Agent> {
  const clock = openClock(config.clock ?? undefined);
  const boot = randomBytes(4).toString('hex');
  const stampNow = (): Stamp => ({
    monoMs: clock.monoMs(),
    wallMs: clock.wallTrusted() ? clock.wallMs() : null,
  });
  const seed = {
    file: config.siteSettings,
    text: readText(config.siteSettings, 'settings-unreadable', 'the site settings'),
  };
  const buses = openBuses(config, log);
  let event: (record: EventRecord) => void = () => {};
  const store = await open({
    dir: config.dataDir,
    site: config.site,
    bootId: boot,
    onAlarm: (alarm) => {
      log.warn({ ...alarm.params }, alarm.code);
      event({ ...alarm, params: { ...alarm.params } });
    },
  });
  const document = await holdingSettings(store, seed, clock.wallMs());
  const site = document.settings;
  const core = coreSettings(config.site, site);
  const state = restoreState(parsed(await store.loadState(CONTROL_STATE_KEY)), core);
  const cycleMs = cycleLengthMs(config.cycleMs, clock.speed);
  const control = new ControlTime(clock, state.atMs);
  const devices = openDevices({
    site,
    core,
    bus: buses.home,
    clock,
    cycleMs,
    onEvent: ({ code, severity, params }) => event({ code, severity, params: { ...params } }),
  });
  let link: CloudLink | null = null;
  const recorder = new Recorder({
    store,
    points: new PointMaker(),
    recordMs: config.recordMs,
    onEvent: () => link?.eventsWait(),
  });
  event = (record) => {
    log.warn({ ...record.params }, record.code);
    recorder.event(record, stampNow());
  };
  const answer: Parameters<typeof answerRequests>[2] = (verb, request) =>
    answerRequest(
      {
        store,
        settings: () => document,
        identify: async (id, seconds) => (await devices.boards.get(id)?.identify(seconds)) ?? false,
      },
      verb,
      request,
    );
  if (buses.cloud) {
    link = new CloudLink({
      siteId: config.site,
      bus: buses.cloud,
      store,
      answer,
      onSetpoint: () => {},
      describe: () =>
        siteDescriptionOf({
          siteId: config.site,
          site,
          core,
          boot,
          challenge: boot,
          setpointSeq: 0,
          simulated: config.clock !== null,
        }),
    });
  }
  // The installer asks on the home bus; where both are one broker the answer over the cloud bus is enough.
  if (config.homeBroker.url !== config.cloudBroker?.url) answerRequests(buses.home, config.site, answer);

  let picture: Picture | null = null;
  const cycle = new Cycle(
    {
      siteId: config.site,
      site,
      clock,
      control,
      devices,
      poller: new Poller(devices, clock, cycleMs),
      latch: new Latch({ site, core, devices, control, cycleMs }),
      actor: new Actor(site, devices),
      recorder,
      effective: () => ({ core, orders: [] }),
      publish: (newest) => {
        picture = newest;
        link?.show(stateOf(config.site, newest, store), recorder.alarms);
      },
    },
    state,
  );
  buses.home.start();
  buses.cloud?.start();
  const ending = new AbortController();
  const done = keepPace(clock, cycleMs, ending.signal, () => cycle.run());
  done.catch((cause: unknown) => log.error({ err: cause }, SAVE_ON_CONTROL_LOSS));
  log.info({ site: config.site, cycleMs, settings: document.version }, 'control begins');

  const stop = async () => {
    ending.abort();
    await done.catch(() => {});
    await recorder.finish(cycle.state);
    await Promise.all([link?.close(), buses.home.end(), devices.close()]);
    await store.close();
  };
  return { picture: () => picture, store, done, stop };
}

function stateOf(siteId: string, picture: Picture, store: Store) {
  const { wallMs, core, snapshot, decision } = picture;
  return siteStateOf({
    siteId,
    wallMs,
    core,
    snapshot,
    decision,
    stats: store.stats(),
    setpoints: [],
    controlAheadMs: decision.atMs - wallMs,
  });
}

function openBuses(config: EdgeConfig, log: AgentLog): { home: MqttBus; cloud: MqttBus | null } {
  const note = (bus: string) => (said: BusNote) => {
    const { code, message, remedy } = said;
    if (code === 'bus-connected') log.info({ bus, code }, message);
    else log.warn({ bus, code, ...(remedy ? { remedy } : {}) }, message);
  };
  const { homeBroker, cloudBroker, site } = config;
  const home = new MqttBus({
    url: homeBroker.url,
    credential: readSecret(homeBroker.secretFile, homeBroker.identity),
    onNote: note('home'),
  });
  if (!cloudBroker) return { home, cloud: null };
  const cloud = new MqttBus({
    url: cloudBroker.url,
    credential: readSecret(cloudBroker.secretFile, cloudBroker.identity),
    will: { name: 'siteAvailability', ids: { siteId: site }, message: 'offline' },
    onNote: note('cloud'),
  });
  return { home, cloud };
}

function parsed(json: string | null): unknown {
  if (json === null) return null;
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}

export type { Clock };
