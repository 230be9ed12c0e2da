/**
 * The decision core of the box itself, with the settings a box has when its installer names battery, heater and
 * tariff and leaves the rest as it is. It hears what happened in the last step and its orders hold for the next.
 */
import { decide } from '@wattward/edge/core/decide';
import type { LedgerTotals } from '@wattward/edge/core/ledger-state';
import type { Settings } from '@wattward/edge/core/settings';
import { ABSENT, good } from '@wattward/edge/core/signal';
import type { SiteTime } from '@wattward/edge/core/site-time';
import { NO_OPERATOR, type Snapshot } from '@wattward/edge/core/snapshot';
import { initialState, type State } from '@wattward/edge/core/state';
import { siteTimeAt } from '@wattward/edge/core/zone';
import type { SiteSettingsInput } from '@wattward/edge/settings/site-settings';
import { installedSite } from '../loop/installed-site.ts';
import type { Orders } from './plant.ts';
import type { Policy, PolicyQuestion, PolicyView } from './policy.ts';

const PHASES = 3;
const VOLTAGE_V = 230;
/** Named because a home has them; nothing is reached here. */
const DEVICES: SiteSettingsInput['devices'] = {
  meters: [
    {
      id: 'grid',
      name: 'Grid meter',
      role: 'grid',
      profile: 'mqtt',
      connection: { kind: 'mqtt', meterId: 'grid' },
    },
  ],
  inverters: [
    {
      id: 'inverter',
      name: 'Inverter',
      profile: 'sunspec',
      connection: { kind: 'modbus-tcp', host: 'inverter' },
    },
  ],
  boards: [{ id: 'board', name: 'Relay board' }],
};

export class BoxPolicy implements Policy {
  readonly name = 'the rules of the box';
  readonly #settings: Settings;
  readonly #zone: string;
  #state: State;
  #time: SiteTime | null = null;
  /** One that the box does not know follows its thermostat. */
  #heaterOn = false;

  constructor(question: PolicyQuestion) {
    this.#zone = question.zone;
    this.#settings = settingsFor(question);
    this.#state = initialState(this.#settings);
  }

  /** What the box itself has booked. */
  get ledger(): LedgerTotals {
    return this.#state.ledger.total;
  }

  decide(view: PolicyView): Orders {
    this.#time = siteTimeAt(this.#zone, view.nowMs, true, this.#time);
    const snapshot = this.#snapshot(view, this.#time);
    const { state, decision } = decide(this.#state, snapshot, this.#settings, null, view.nowMs);
    this.#state = state;
    this.#heaterOn = decision.loads[0]?.on ?? true;
    const battery = decision.batteries[0];
    return {
      mode: battery?.mode ?? 'idle',
      chargeLimitW: battery?.chargeLimitW ?? 0,
      dischargeLimitW: battery?.dischargeLimitW ?? 0,
      heaterOn: this.#heaterOn,
    };
  }

  #snapshot(view: PolicyView, time: SiteTime): Snapshot {
    const now = (value: number) => good(value, view.nowMs);
    const phaseW = view.gridW / PHASES;
    const phase = {
      powerW: now(phaseW),
      currentA: now(Math.abs(phaseW) / VOLTAGE_V),
      voltageV: now(VOLTAGE_V),
    };
    return {
      time,
      grid: {
        powerW: now(view.gridW),
        frequencyHz: now(50),
        phases: Array.from({ length: PHASES }, () => phase),
        state: 'present',
      },
      pv: { powerW: now(view.pvW), availableW: ABSENT },
      batteries: this.#settings.batteries.map(() => ({
        online: true,
        powerW: now(view.batteryW),
        socPct: now(view.socPct),
      })),
      loads: this.#settings.loads.map(() => ({
        online: true,
        reportedOn: this.#heaterOn,
        switches: null,
        powerW: now(view.heaterW),
        contact: 'sound' as const,
        override: null,
      })),
      prices: [
        {
          startMs: view.nowMs,
          endMs: view.nowMs + view.stepMs,
          importPricePerKwh: view.importPricePerKwh,
          exportPricePerKwh: view.exportPricePerKwh,
        },
      ],
      operator: NO_OPERATOR,
      orders: [],
    };
  }
}

/** By way of the installer's file, so that every default is the one of the box. */
function settingsFor({ plant, zone, stepMs, tariff }: PolicyQuestion): Settings {
  const { battery, heater } = plant;
  const site: SiteSettingsInput = {
    name: 'Backtest',
    zone,
    tariff,
    grid: { phases: PHASES, fuseA: 25, nominalVoltageV: VOLTAGE_V },
    devices: DEVICES,
    batteries: battery
      ? [
          {
            id: 'battery',
            name: 'Battery',
            inverter: 'inverter',
            capacityWh: battery.capacityWh,
            maxChargeW: battery.maxPowerW,
            maxDischargeW: battery.maxPowerW,
            reservePct: battery.reservePct,
            roundTripEfficiencyPct: 100 * battery.efficiency ** 2,
          },
        ]
      : [],
    loads: heater
      ? [
          {
            id: 'water-heater',
            name: 'Water heater',
            board: 'board',
            channel: 1,
            nominalPowerW: heater.powerW,
            phase: 'all',
            priority: 1,
            target: { energyWh: heater.energyWhPerDay, deadline: '00:00', beyond: false },
          },
        ]
      : [],
  };
  return installedSite('backtest', site, stepMs).settings;
}
