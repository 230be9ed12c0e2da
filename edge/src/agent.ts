/**
 * The box as a whole: opens disk, buses and devices from its configuration, runs the cycle, and ends in order.
 * Everything it needs from outside comes in as options, so that a test or a fleet can start many of them.
 */
import { randomBytes } from 'node:crypto';
import type { Allowance } from '@wattward/broker/wire/allowance';
import type { Request } from '@wattward/broker/wire/request';
import { type Clock, keepClock, openClock } from './clock.ts';
import { openDesk } from './commissioning/open-desk.ts';
import { type EdgeConfig, isOperatorKey, readText } from './config.ts';
import { restoreState } from './core/restore-state.ts';
import { Cycle, type Picture } from './cycle/cycle.ts';
import { cycleLengthMs, keepPace, settledWithin } from './cycle/pace.ts';
import { Poller } from './cycle/poll.ts';
import { withAddresses } from './device-addresses.ts';
import { loadDeviceModules } from './device-modules.ts';
import { type Devices, openDevices } from './devices/open-devices.ts';
import { Actor } from './drive/actor.ts';
import { PlanIntake } from './intake/plan-intake.ts';
import { allowanceOf } from './intake/setpoint-allowance.ts';
import { SetpointControl } from './intake/setpoint-control.ts';
import { ControlTime } from './latch/control-time.ts';
import { Latch } from './latch/latch.ts';
import { type Buses, openBuses } from './link/buses.ts';
import { answerInstallerOn, CloudLink } from './link/cloud-link.ts';
import { startHistory } from './link/history.ts';
import { answerInstaller, answerPortal } from './link/requests.ts';
import {
  operatorTermsOf,
  SOFTWARE_COMMIT,
  SOFTWARE_VERSION,
  siteDescriptionOf,
} from './link/site-description.ts';
import { siteStateOf } from './link/site-state.ts';
import { openOutward } from './outward/outward.ts';
import { watchDevices } from './record/failure-watch.ts';
import { lastState } from './record/last-state.ts';
import { PointMaker } from './record/points.ts';
import { CONTROL_STATE_KEY, Recorder } from './record/recorder.ts';
import type { EventRecord, Stamp, Store } from './record/store.ts';
import { CycleRecording } from './replay/cycle-recording.ts';
import { replayedState } from './replay/replayed-state.ts';
import { coreSettings } from './settings/core-settings.ts';
import type { SettingsDocument } from './settings/settings-version.ts';
import type { SiteSettings } from './settings/site-settings.ts';
import { holdingSettings } from './settings-document.ts';
import { openStore } from './store/open-store.ts';
import { PlanFile } from './store/plan-file.ts';
import { signedByKeys } from './verify-ed25519.ts';

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

/** Starts the box. @throws StartError when its files do not let it. */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const box = await openBox(options);
  const { config, log, clock, store, document, devices, recorder, setpoints, plans, buses, link } = box;
  const { site, core } = box;
  const cycleMs = cycleLengthMs(config.cycleMs, clock.speed);
  const outward = await openOutward({ ...box, software: SOFTWARE_VERSION, commit: SOFTWARE_COMMIT });
  const lookAtDevices = watchDevices(devices, store, box.event);
  const cycle = new Cycle(
    {
      siteId: config.site,
      site,
      clock,
      control: box.control,
      devices,
      poller: new Poller(devices, clock, cycleMs),
      latch: new Latch({ site, core, sources: devices, control: box.control, cycleMs }),
      actor: new Actor(site, devices, settledWithin),
      recorder,
      effective: (now) => {
        const { core: effective, orders, planPolicy } = setpoints.effective(now);
        return { core: effective, orders, plan: planPolicy === 'auto' ? plans.plan : null };
      },
      publish: (picture) => {
        box.newest.picture = picture;
        link?.show(stateOf(box, picture), recorder.alarms);
        outward.show(() => stateOf(box, picture));
        lookAtDevices(performance.now());
      },
    },
    box.state,
  );
  const history = startHistory(config.history, store, box.event);
  const planFile = new PlanFile(config.dataDir, (text) => box.plans.offer(text));
  await planFile.start();
  buses.home.start();
  buses.cloud?.start();
  const ending = new AbortController();
  const done = keepPace(clock, cycleMs, ending.signal, () => outward.timed(() => cycle.run()));
  done.catch((cause: unknown) => log.error({ err: cause }, 'the cycle broke; leases bring every relay home'));
  log.info({ site: config.site, cycleMs, settings: document.version }, 'control begins');
  const stop = async () => {
    ending.abort();
    await done.catch(() => {});
    planFile.stop();
    await recorder.finish(cycle.state);
    await Promise.all([link?.close(), buses.home.end(), devices.close(), history?.stop(), outward.close()]);
    await store.close();
  };
  return { picture: () => box.newest.picture, store, done, stop };
}

type Box = Awaited<ReturnType<typeof openBox>>;

/** All parts of the box, before the first cycle. */
async function openBox({ config, log, openStore: open = openStore }: AgentOptions) {
  const clock = openClock(config.clock ?? undefined, config.dataDir);
  const boot = randomBytes(4).toString('hex');
  const challenge = randomBytes(16).toString('hex');
  const now = (): Stamp => ({ monoMs: clock.monoMs(), wallMs: clock.wallTrusted() ? clock.wallMs() : null });
  const file = config.siteSettings;
  const text = readText(file, 'settings-unreadable', 'the site settings');
  const buses = openBuses(config, (bus, { code, message, remedy }) => {
    if (code === 'bus-connected') log.info({ bus, code }, message);
    else log.warn({ bus, code, ...(remedy ? { remedy } : {}) }, message);
  });
  // Alarms of the disk itself may come before there is anybody to record them.
  const early: EventRecord[] = [];
  let record = (event: EventRecord): void => void early.push(event);
  const event = (happened: EventRecord) => {
    log.warn({ ...happened.params }, happened.code);
    record(happened);
  };
  const store = await open({
    dir: config.dataDir,
    site: config.site,
    bootId: boot,
    onAlarm: ({ code, severity, params }) => event({ code, severity, params: { ...params } }),
  });
  await keepClock({ clock, store, event });
  const document = await holdingSettings(store, { text, file }, clock.wallMs());
  const cycleMs = cycleLengthMs(config.cycleMs, clock.speed);
  const site = withAddresses(document.settings, config.addresses);
  await loadDeviceModules(site);
  const core = coreSettings(config.site, site, cycleMs);
  const state = restoreState(
    lastState(
      await store.loadState(CONTROL_STATE_KEY),
      await replayedState(config.dataDir, SOFTWARE_VERSION),
    ),
    core,
  );
  const control = new ControlTime(clock, state.atMs);
  let link: CloudLink | null = null;
  const recorder = new Recorder({
    store,
    points: new PointMaker(),
    cycles: new CycleRecording(boot, SOFTWARE_VERSION),
    recordMs: config.recordMs,
    onEvent: () => link?.eventsWait(),
  });
  record = (happened) => recorder.event(happened, now());
  for (const happened of early) record(happened);
  const devices = openDevices({
    site,
    core,
    bus: buses.home,
    clock,
    cycleMs,
    onEvent: ({ code, severity, params }) => event({ code, severity, params: { ...params } }),
  });
  const allowance = allowanceOf(core, site.planPolicy);
  const setpoints = await SetpointControl.open(
    {
      ...{ siteId: config.site, core, planPolicy: site.planPolicy, allowance, challenge, store },
      keys: config.setpointKeys,
      isSigned: signedByKeys(config.setpointKeys, (keyFile, cause) =>
        log.warn({ keyFile, err: cause }, 'a set-point key cannot be read'),
      ),
      answer: async (ack, door) => (await link?.acknowledge(ack, door)) ?? false,
      onTaken: () => void link?.describe(),
    },
    now(),
  );
  const plans = new PlanIntake({
    siteId: config.site,
    onPlan: (plan) => {
      log.info({ plan: plan?.id ?? null }, 'another plan holds');
      void link?.tellPlan();
    },
    onProblem: (problem) => event({ code: 'plan-unreadable', severity: 'warning', params: { problem } }),
  });
  const basis = { config, log, clock, store, document, site, core, allowance, state, control };
  const parts = { ...basis, devices, recorder, setpoints, plans };
  // Filled by every cycle; questions are answered from it.
  const newest: { picture: Picture | null } = { picture: null };
  const identity = { boot, challenge, simulated: config.clock !== null };
  link = openLink({ ...parts, buses, now, identity, newest: () => newest.picture });
  return { ...parts, buses, link, event, newest };
}

interface LinkParts {
  readonly config: EdgeConfig;
  readonly log: AgentLog;
  readonly clock: Clock;
  readonly store: Store;
  readonly document: SettingsDocument;
  readonly site: SiteSettings;
  readonly core: ReturnType<typeof coreSettings>;
  readonly devices: Devices;
  readonly allowance: Allowance;
  readonly setpoints: SetpointControl;
  readonly plans: PlanIntake;
  readonly newest: () => Picture | null;
  readonly buses: Buses;
  readonly now: () => Stamp;
  readonly identity: { readonly boot: string; readonly challenge: string; readonly simulated: boolean };
}

/** The way to the portal, and the answers to questions: the portal's on the cloud bus, the installer's on the home bus. */
function openLink(parts: LinkParts): CloudLink | null {
  const { config, store, document, devices, setpoints, plans, buses, now, identity } = parts;
  const desk = openCommissioning(parts);
  const settings = () => document;
  const installer = {
    settings,
    commission: (request: Request) => desk.answer(request),
    identify: async (id: string, seconds: number) =>
      (await devices.boards.get(id)?.identify(seconds)) ?? false,
  };
  answerInstallerOn(buses.home, config.site, (verb, request) => answerInstaller(installer, verb, request));
  if (!buses.cloud) return null;
  buses.cloud.onLink((up) => {
    if (up) setpoints.flush();
  });
  const describe = () =>
    siteDescriptionOf({
      siteId: config.site,
      site: parts.site,
      core: parts.core,
      allowance: parts.allowance,
      setpointSeqs: setpoints.lastSeqs,
      ...identity,
    });
  const operators = config.setpointKeys.filter(isOperatorKey).map(({ id }) => id);
  return new CloudLink({
    siteId: config.site,
    bus: buses.cloud,
    store,
    answer: (verb, request) =>
      answerPortal({ store, settings, newest: parts.newest }, config.site, verb, request),
    plan: () => plans.told,
    onSetpoint: (text, door) => void setpoints.receive(text, door, now()),
    describe,
    operatorTerms: operators.length > 0 ? () => operatorTermsOf(describe(), operators) : null,
  });
}

/** Relay boards from unknown to accepted, for the installer on the home bus. */
function openCommissioning({ config, log, clock, store, site, devices, buses }: LinkParts) {
  return openDesk({
    siteId: config.site,
    software: SOFTWARE_VERSION,
    store,
    site,
    devices,
    bus: buses.home,
    clock,
    cycleMs: cycleLengthMs(config.cycleMs, clock.speed),
    onEvent: ({ code, params }) => log.warn({ ...params }, code),
  });
}

function stateOf({ config, store, setpoints }: Box, picture: Picture) {
  const { wallMs, core, snapshot, decision } = picture;
  return siteStateOf({
    siteId: config.site,
    wallMs,
    core,
    snapshot,
    decision,
    stats: store.stats(),
    setpoints: setpoints.inForce,
    controlAheadMs: decision.atMs - wallMs,
  });
}
