/**
 * A home as one system: everything asks and offers, the inverters settle, the grid takes the rest, and the books are
 * closed in joules at the end of every step.
 *
 * Per step of `dtS`: what the arrays could give; what the loads draw; each inverter serves what the one before left;
 * the grid is the difference. When the grid is cut and no inverter can carry the house alone, the house is dark.
 * `residualJ` is what the books miss; more than rounding is a bug and ends the process.
 */
import { type BatteryStep, batteryLimits, newBattery, stepBattery } from '../physics/battery.ts';
import { seedOf, wander } from '../physics/chance.ts';
import {
  canFeedAlone,
  type InverterInput,
  OWN_WINDOW,
  seenLoadW,
  settleInverter,
} from '../physics/inverter.ts';
import type {
  Done,
  FedInverter,
  HomeFlows,
  HomeInput,
  HomeState,
  InverterPlan,
  InverterState,
  LoadResult,
  Sky,
} from './home-state.ts';
import { firstLoadState, type LoadState, type LoadStepper, loadStoredJ, stepperOf } from './load-object.ts';
import { type Home, isLoad, type LoadObject, type ObjectOf } from './schema.ts';
import { skyOf, sum } from './sky.ts';

export class HomeModel {
  readonly home: Home;
  readonly loads: readonly LoadObject[];
  readonly plans: readonly InverterPlan[];
  readonly grid: ObjectOf<'grid'>;
  readonly #steppers: readonly LoadStepper[];
  readonly #seeds: readonly number[];
  readonly #weatherSeed: number;

  constructor(home: Home) {
    this.home = home;
    this.loads = home.objects.filter(isLoad);
    this.#steppers = this.loads.map(stepperOf);
    this.#seeds = this.loads.map(({ id }) => seedOf(home.seed, id));
    this.#weatherSeed = seedOf(home.seed, 'weather');
    const grid = home.objects.find((object) => object.kind === 'grid');
    if (!grid) throw new RangeError('a home has exactly one grid');
    this.grid = grid;
    this.plans = home.objects
      .filter((object) => object.kind === 'inverter')
      .map((inverter) => ({
        inverter,
        arrays: home.objects.filter((o) => o.kind === 'pv').filter((o) => o.inverter === inverter.id),
        battery:
          home.objects.filter((o) => o.kind === 'battery').find((o) => o.inverter === inverter.id) ?? null,
      }));
  }

  first(nowMs: number): HomeState {
    return {
      nowMs,
      gridOn: this.grid.on,
      loads: this.loads.map(firstLoadState),
      inverters: this.plans.map(({ battery, arrays }) => ({
        battery: battery ? newBattery(battery, battery.initialSocPct) : null,
        seenLoadW: 0,
        pvAvailableW: arrays.map(() => 0),
        pvSampledAtMs: Number.NEGATIVE_INFINITY,
        producedJ: 0,
        pvJ: arrays.map(() => 0),
        chargedJ: 0,
        dischargedJ: 0,
      })),
      totals: { sunJ: 0, gridInJ: 0, gridOutJ: 0, heatJ: 0, usedJ: 0 },
    };
  }

  /** Energy held in batteries, tanks and cars. */
  storedJ(state: HomeState): number {
    let sumJ = 0;
    for (const inverter of state.inverters) sumJ += inverter.battery?.storedJ ?? 0;
    for (const [i, load] of this.loads.entries()) {
      const own = state.loads[i];
      if (own) sumJ += loadStoredJ(load, own);
    }
    return sumJ;
  }

  /** The home after `input.dtS`, and the mean powers of that time. */
  step(state: HomeState, input: HomeInput): { readonly state: HomeState; readonly flows: HomeFlows } {
    return this.close(state, input, { done: this.settle(state, input) });
  }

  /** The first half of a step: what everybody does with the next `input.dtS`. Nothing has moved yet. */
  settle(state: HomeState, input: HomeInput): Done {
    const sky = this.#sky(state, input);
    let loads = this.#stepLoads(state, input, { supplied: true, outdoorC: sky.weather.temperatureC });
    let supplied = true;
    if (!input.gridOn && !this.#canFeedAlone(state, input, loads.drawnJ / input.dtS, sky.available)) {
      supplied = false;
      loads = this.#stepLoads(state, input, { supplied, outdoorC: sky.weather.temperatureC });
    }
    const fed = this.#settle(state, input, { houseW: loads.drawnJ / input.dtS, supplied, sky });
    return { loads, fed, supplied, sky };
  }

  #sky(state: HomeState, input: HomeInput): Sky {
    const sky = skyOf(this.home, this.plans, { state, input, seed: this.#weatherSeed });
    const offered = input.offers?.availableW;
    if (!offered) return sky;
    const available = this.plans.map(({ arrays }, n) =>
      arrays.map(({ id }, i) => offered.get(id) ?? sky.available[n]?.[i] ?? 0),
    );
    return { ...sky, available };
  }

  #stepLoads(
    state: HomeState,
    input: HomeInput,
    house: { readonly supplied: boolean; readonly outdoorC: number },
  ): LoadResult {
    const states: LoadState[] = [];
    const powerW: number[] = [];
    const total = { drawnJ: 0, storedJ: 0, heatJ: 0, usedJ: 0 };
    for (const [i, stepper] of this.#steppers.entries()) {
      const own = state.loads[i];
      if (!own) continue;
      const offer = input.offers?.loads.get(this.loads[i]?.id ?? '');
      const offered = house.supplied ? offer?.lit : offer?.dark;
      const step =
        offered ??
        stepper(own, {
          nowMs: state.nowMs,
          dtS: input.dtS,
          ...input.local,
          outdoorC: house.outdoorC,
          energised: house.supplied && (input.closed[i] ?? true),
          seed: this.#seeds[i] ?? 0,
          measuredW: input.measured?.loadW ?? null,
        });
      states.push(step.state);
      powerW.push(step.drawnJ / input.dtS);
      total.drawnJ += step.drawnJ;
      total.storedJ += step.storedJ;
      total.heatJ += step.heatJ;
      total.usedJ += step.usedJ;
    }
    return { states, powerW, ...total };
  }

  #canFeedAlone(
    state: HomeState,
    input: HomeInput,
    houseLoadW: number,
    available: Sky['available'],
  ): boolean {
    return this.plans.some((plan, n) =>
      canFeedAlone(
        plan.inverter,
        this.#inverterInput(state, input, { n, houseLoadW, leftW: houseLoadW, available, exportLimitW: 0 }),
      ),
    );
  }

  #inverterInput(
    state: HomeState,
    input: HomeInput,
    house: {
      readonly n: number;
      readonly houseLoadW: number;
      /** What an inverter that aims at the meter sees of the house, others' feed-in taken off. */
      readonly leftW: number;
      readonly available: Sky['available'];
      readonly exportLimitW: number;
    },
  ): InverterInput {
    const plan = this.plans[house.n];
    const before = state.inverters[house.n];
    const own = before?.battery;
    const aimW = plan?.inverter.coupling === 'ac' ? house.leftW : house.houseLoadW;
    const error = wander(this.#weatherSeed + 31 + house.n, state.nowMs, 3_000);
    const offered = input.offers?.limits.get(plan?.battery?.id ?? '');
    const limits =
      offered ??
      (plan?.battery && own
        ? batteryLimits(plan.battery, own, input.dtS)
        : { maxChargeW: 0, maxDischargeW: 0 });
    return {
      pvAvailableW: sum(house.available[house.n] ?? []),
      houseLoadW: house.houseLoadW,
      seenLoadW: seenLoadW(before?.seenLoadW ?? 0, aimW, error, input.dtS),
      ...limits,
      window: input.windows[house.n] ?? OWN_WINDOW,
      gridPresent: input.gridOn,
      exportLimitW: house.exportLimitW,
    };
  }

  #settle(
    state: HomeState,
    input: HomeInput,
    house: { readonly houseW: number; readonly supplied: boolean; readonly sky: Sky },
  ): FedInverter[] {
    let leftW = house.houseW;
    const flows: FedInverter[] = [];
    for (const [n, plan] of this.plans.entries()) {
      if (!house.supplied || (!input.gridOn && !plan.inverter.backup)) {
        flows.push(ASLEEP);
        continue;
      }
      // What earlier inverters feed in already counts against the limit of the connection.
      const limitW = this.grid.exportLimitW ?? Number.POSITIVE_INFINITY;
      const exportLimitW = Math.max(0, limitW + Math.min(0, leftW));
      const houseLoadW = Math.max(0, leftW);
      const { available } = house.sky;
      const asked = this.#inverterInput(state, input, { n, houseLoadW, leftW, available, exportLimitW });
      const flow = { ...settleInverter(plan.inverter, asked), seenLoadW: asked.seenLoadW };
      flows.push(flow);
      leftW -= flow.acPowerW;
    }
    return flows;
  }

  /**
   * The second half: every joule is booked.
   * @param half.cells what batteries that are computed elsewhere did, by id
   */
  close(
    state: HomeState,
    input: HomeInput,
    half: { readonly done: Done; readonly cells?: ReadonlyMap<string, BatteryStep> },
  ): { readonly state: HomeState; readonly flows: HomeFlows } {
    const { dtS } = input;
    const { done } = half;
    const { loads, fed, sky } = done;
    let residualJ = loads.drawnJ - loads.storedJ - loads.heatJ - loads.usedJ;
    let heatJ = loads.heatJ;
    let sunJ = 0;
    let acJ = 0;
    const flows: HomeFlows['inverters'][number][] = [];
    const inverters = this.plans.map((plan, n): InverterState => {
      const flow = fed[n] ?? ASLEEP;
      const own = state.inverters[n];
      const available = sky.available[n] ?? [];
      const share = flow.pvDcPowerW / Math.max(1e-9, sum(available));
      const pvArrayW = available.map((powerW) => powerW * share);
      const cells =
        plan.battery && own?.battery
          ? (half.cells?.get(plan.battery.id) ??
            stepBattery(plan.battery, own.battery, flow.batteryDcPowerW, dtS))
          : null;
      const drainedJ = cells && own?.battery ? own.battery.storedJ - cells.state.storedJ : 0;
      residualJ += drainedJ - (cells?.heatJ ?? 0) - flow.batteryDcPowerW * dtS;
      residualJ += (flow.pvDcPowerW + flow.batteryDcPowerW - flow.acPowerW - flow.lossW) * dtS;
      heatJ += flow.lossW * dtS + (cells?.heatJ ?? 0);
      sunJ += flow.pvDcPowerW * dtS;
      acJ += flow.acPowerW * dtS;
      flows.push({ ...flow, pvArrayW });
      return {
        battery: cells?.state ?? null,
        seenLoadW: flow.seenLoadW,
        pvAvailableW: available,
        pvSampledAtMs: sky.fresh ? (own?.pvSampledAtMs ?? state.nowMs) : state.nowMs,
        producedJ: (own?.producedJ ?? 0) + Math.max(0, flow.acPowerW) * dtS,
        pvJ: pvArrayW.map((powerW, i) => (own?.pvJ[i] ?? 0) + powerW * dtS),
        chargedJ: (own?.chargedJ ?? 0) + Math.max(0, -flow.batteryDcPowerW) * dtS,
        dischargedJ: (own?.dischargedJ ?? 0) + Math.max(0, flow.batteryDcPowerW) * dtS,
      };
    });
    const gridJ = loads.drawnJ - acJ;
    if (!input.gridOn) residualJ += gridJ;
    const movedJ = loads.drawnJ + sunJ + Math.abs(gridJ) + Math.abs(acJ);
    assertClosed(residualJ, movedJ);
    const { totals } = state;
    return {
      state: {
        nowMs: state.nowMs + dtS * 1000,
        gridOn: state.gridOn,
        loads: loads.states,
        inverters,
        totals: {
          sunJ: totals.sunJ + sunJ,
          gridInJ: totals.gridInJ + Math.max(0, gridJ),
          gridOutJ: totals.gridOutJ + Math.max(0, -gridJ),
          heatJ: totals.heatJ + heatJ,
          usedJ: totals.usedJ + loads.usedJ,
        },
      },
      flows: {
        dtS,
        supplied: done.supplied,
        gridOn: input.gridOn,
        gridPhaseW: this.#phases(loads.powerW, flows),
        gridW: gridJ / dtS,
        loadW: loads.powerW,
        inverters: flows,
        weather: sky.weather,
        residualJ,
        movedJ,
      },
    };
  }

  #phases(loadW: readonly number[], fed: readonly { readonly acPowerW: number }[]): [number, number, number] {
    const single = this.grid.phases === 1;
    const powers: [number, number, number] = [0, 0, 0];
    const add = (phase: Phase, powerW: number) => {
      if (single || phase === 'L1') powers[0] += powerW;
      else if (phase === 'L2') powers[1] += powerW;
      else if (phase === 'L3') powers[2] += powerW;
      else for (const n of [0, 1, 2] as const) powers[n] += powerW / 3;
    };
    for (const [n, { inverter }] of this.plans.entries()) add(inverter.phase, -(fed[n]?.acPowerW ?? 0));
    for (const [i, load] of this.loads.entries()) add(load.phase, loadW[i] ?? 0);
    return powers;
  }
}

type Phase = LoadObject['phase'];

const ASLEEP: FedInverter = {
  seenLoadW: 0,
  acPowerW: 0,
  pvDcPowerW: 0,
  batteryDcPowerW: 0,
  lossW: 0,
  state: 'sleeping',
};

function assertClosed(residualJ: number, movedJ: number): void {
  if (Math.abs(residualJ) <= 1e-9 * movedJ + 1e-3) return;
  throw new Error(`the energy balance misses ${residualJ} J of ${movedJ} J: a bug in the home's physics`);
}
