/**
 * A closed loop with the oracle beside it: every command that reaches the board and every cycle is shown to it,
 * together with the truth of the home. Scenarios and campaigns run on it alike.
 */
import type { SignalValues } from '@wattward/edge/registers/conversation';
import type { BoardState } from '@wattward/hardware/relay-board/state';
import type { RunningHome } from '../../home/running-home.ts';
import { ClosedLoop, type CycleRecord, type LoopOptions } from '../closed-loop.ts';
import type { InstalledSite } from '../installed-site.ts';
import { directReader, type HomeReader } from '../readings.ts';
import type { ChannelRules, LoadFacts, Moment, SiteLimits } from './moment.ts';
import { Oracle } from './oracle.ts';

/** What the box was told, noted by whoever reads the devices for it. */
export interface Told {
  /** The meter was read in this cycle, whole and with the true numbers. */
  meterWhole: boolean;
  /** And they were of this very moment. */
  meterLive: boolean;
  /** The inverter answers with what is, not with what was. */
  inverterLive: boolean;
  socPct: number | null;
  socAtMs: number;
  /** What the inverter last said of the grid, and when. */
  gridLost: boolean | null;
  gridAtMs: number;
  /** When an order to the inverter last got lost, or waited for a first reading. */
  orderLostAtMs: number;
}

export interface WitnessOptions extends Omit<LoopOptions, 'watch' | 'reader'> {
  readonly reader?: (home: RunningHome, told: Told) => HomeReader;
}

export class Witness {
  readonly loop: ClosedLoop;
  readonly oracle: Oracle;
  readonly told: Told = {
    meterWhole: false,
    meterLive: false,
    inverterLive: true,
    socPct: null,
    socAtMs: 0,
    gridLost: null,
    gridAtMs: 0,
    orderLostAtMs: Number.NEGATIVE_INFINITY,
  };
  readonly #site: InstalledSite;
  #contactsBefore = '';
  #commandValid = false;

  constructor(options: WitnessOptions) {
    const { reader = honestReader, site } = options;
    this.#site = site;
    this.oracle = new Oracle(rulesOf(site), limitsOf(options), options.startMs);
    this.loop = new ClosedLoop({
      ...options,
      reader: (home) => reader(home, this.told),
      watch: {
        before: (message, board, nowMs) => {
          this.#contactsBefore = contactsOf(board.channels);
          const at = { id: board.identity.board, boot: board.boot, uptimeMs: board.uptimeMs };
          const command = { ...message, protective: message.protective === true };
          this.#commandValid = this.oracle.beforeCommand(command, at, nowMs);
        },
        after: (board, nowMs) => {
          const moved = contactsOf(board.channels) !== this.#contactsBefore;
          this.oracle.afterCommand(this.#commandValid, moved, nowMs);
        },
      },
    });
  }

  cycle(): CycleRecord {
    const record = this.loop.cycle();
    this.oracle.look(this.#moment(record));
    return record;
  }

  pressButton(channel: number): void {
    this.oracle.button(channel, this.loop.nowMs);
    this.loop.board.pressButton(channel, this.loop.nowMs);
  }

  #moment({ nowMs, decision }: CycleRecord): Moment {
    const { loop, told } = this;
    const board = loop.board.state;
    const contacts = board.channels.map((c) => c.on);
    return {
      nowMs,
      boxRuns: loop.boxRuns,
      boot: board.boot,
      uptimeMs: board.uptimeMs,
      contacts,
      meterWhole: told.meterWhole,
      meterLive: told.meterWhole && told.meterLive,
      localMinute: loop.time?.trusted ? minuteOf(loop.time.wallMs + loop.time.offsetMs) : null,
      wallMs: loop.time?.wallMs ?? nowMs,
      boardHeard: loop.toldOn(0) !== null,
      decision: decision && {
        homeMode: decision.homeMode,
        peakActive: decision.demand.peakActive,
        demandW: decision.demand.demandW,
        batteries: decision.batteries,
        seenBatteryW: decision.balance.batteryPowerW,
        seenPvW: decision.balance.pvPowerW,
        loads: decision.loads.map((load, i) => this.#loadFacts(load, i, contacts)),
      },
      gridOn: loop.running.state.gridOn,
      gridW: loop.running.flows.gridW,
      phaseA: loop.running.quality().currentA,
      phaseW: loop.running.flows.gridPhaseW,
      batteryW: loop.running.flows.inverters[0]?.batteryDcPowerW ?? 0,
      pvW: loop.running.flows.inverters[0]?.pvDcPowerW ?? 0,
      inverterLive: told.inverterLive && told.gridLost !== null && nowMs - told.gridAtMs <= 5_000,
      socToldPct: told.socPct,
      socAgeMs: told.socPct === null ? Number.POSITIVE_INFINITY : nowMs - told.socAtMs,
      gridLostTold: told.gridLost,
      gridToldAgeMs: told.gridLost === null ? Number.POSITIVE_INFINITY : nowMs - told.gridAtMs,
      orderLostAgeMs: nowMs - told.orderLostAtMs,
      batteryOrdered: (loop.running.orders[0]?.registers.controlBits ?? 0) !== 0,
    };
  }

  #loadFacts(
    load: NonNullable<CycleRecord['decision']>['loads'][number],
    i: number,
    contacts: readonly boolean[],
  ): LoadFacts {
    const channel = this.#site.site.loads[i]?.channel ?? 0;
    const settings = this.#site.settings.loads[i];
    return {
      id: load.id,
      channel,
      kind: settings?.kind ?? 'interruptible',
      priority: settings?.priority ?? 0,
      essential: settings?.essential ?? false,
      phase: settings?.phase ?? 0,
      nominalW: settings?.nominalPowerW ?? 0,
      minOffMs: settings?.minOffMs ?? 0,
      commandedOn: load.on,
      changed: load.changed,
      rule: load.reason.rule,
      urgent: load.urgent,
      shed: load.shed,
      closed: contacts[channel - 1] ?? false,
      toldOn: this.loop.toldOn(i),
      powerW: this.loop.running.loadPowerW(load.id),
    };
  }
}

/**
 * Notes in `told` what an honest reading of the inverter must have said; taken from the home itself, so that a wrong
 * decoder is seen. Registers hold hundredths of a percent.
 */
export function noteInverter(told: Told, readings: SignalValues | null, home: RunningHome): void {
  if (!readings) return;
  const { nowMs } = home.state;
  told.gridLost = !home.flows.gridOn;
  told.gridAtMs = nowMs;
  told.socPct = home.socPct(0);
  told.socAtMs = nowMs;
}

/** Nothing fails: the box is told the truth in every cycle. */
function honestReader(home: RunningHome, told: Told): HomeReader {
  const direct = directReader(home);
  return {
    ...direct,
    meter(read) {
      told.meterWhole = true;
      told.meterLive = true;
      return direct.meter(read);
    },
    inverter(n, read) {
      const readings = direct.inverter(n, read);
      noteInverter(told, readings, home);
      return readings;
    },
  };
}

function minuteOf(localMs: number): number {
  return Math.floor(localMs / 60_000) % 1440;
}

/** Contacts and leases: a void command may change neither. */
function contactsOf(channels: BoardState['channels']): string {
  let text = '';
  for (const { on, lease } of channels) text += `${on ? '1' : '0'}${lease?.endsAtMs ?? ''} `;
  return text;
}

function rulesOf({ settings, site }: InstalledSite): ChannelRules[] {
  return settings.loads.map((load, i) => ({
    channel: site.loads[i]?.channel ?? 0,
    safeOn: site.loads[i]?.safeState === 'on',
    minOnMs: load.minOnMs,
    minOffMs: load.minOffMs,
    interlock: load.interlock,
    perHour: load.maxSwitchesPerHour,
    perDay: load.maxSwitchesPerDay,
  }));
}

function limitsOf({ home, site, cycleMs = 1000 }: WitnessOptions): SiteLimits {
  const { grid, peak, batteries } = site.settings;
  const battery = home.objects.find((object) => object.kind === 'battery');
  return {
    cycleMs,
    fuseA: grid.fuseA,
    thresholdW: peak.thresholdW,
    batteryMaxW: Math.max(battery?.maxChargeW ?? 0, battery?.maxDischargeW ?? 0),
    reservePct: batteries[0]?.reservePct ?? 0,
    maintenanceW: batteries[0]?.maintenanceW ?? 0,
    zone: site.site.zone,
  };
}
