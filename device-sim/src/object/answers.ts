/** Answers of objects as the home's model takes them. Checked once, here; what does not fit counts as silence. */
import * as z from 'zod';
import type { HomeState, Offers } from '../home/home-state.ts';
import type { LoadState } from '../home/load-object.ts';
import type { RunningHome } from '../home/running-home.ts';
import { isLoad } from '../home/schema.ts';
import type { BatteryLimits, BatteryStep } from '../physics/battery.ts';
import type { LoadStep } from '../physics/load.ts';
import { loneObjects } from './lone-object.ts';

/** Raw answers by object id. */
export type Answers = Map<string, unknown>;

const joules = z.number();
const loadState = z.object({
  on: z.boolean(),
  temperatureC: z.number(),
  heating: z.boolean(),
  loaded: z.boolean(),
  doneS: z.number(),
  lastLoadedDay: z.number(),
  runs: z.number(),
  storedJ: joules,
  plugged: z.boolean(),
});
const loadStep = z.object({
  state: loadState,
  drawnJ: joules,
  storedJ: joules,
  heatJ: joules,
  usedJ: joules,
});
const loadOffer = z.object({ lit: loadStep, dark: loadStep });
const arrayOffer = z.object({ availableW: z.number().min(0) });
const batteryState = z.object({ storedJ: joules, throughputJ: joules });
const batteryOffer = z.object({
  maxChargeW: z.number().min(0),
  maxDischargeW: z.number().min(0),
  state: batteryState,
});
const batteryStep = z.object({ state: batteryState, heatJ: joules });

/** What everybody offers; whoever is not among the answers, or answered nonsense, draws and gives nothing. */
export function answeredOffers(running: RunningHome, answers: Answers): Offers {
  const offers = {
    loads: new Map<string, z.infer<typeof loadOffer>>(),
    availableW: new Map<string, number>(),
    limits: new Map<string, BatteryLimits>(),
  };
  for (const object of loneObjects(running.home)) {
    const { id } = object;
    const data = answers.get(id);
    if (isLoad(object)) {
      const found = loadOffer.safeParse(data);
      const state = running.state.loads[running.model.loads.findIndex((load) => load.id === id)];
      if (found.success) offers.loads.set(id, found.data);
      else if (state) offers.loads.set(id, { lit: still(state), dark: still(state) });
    } else if (object.kind === 'pv') {
      offers.availableW.set(id, arrayOffer.safeParse(data).data?.availableW ?? 0);
    } else {
      offers.limits.set(id, batteryOffer.safeParse(data).data ?? { maxChargeW: 0, maxDischargeW: 0 });
    }
  }
  return offers;
}

/** The home with its batteries as they say they are: one that was away may come back with another charge. */
export function withBatteries({ model, state }: RunningHome, answers: Answers): HomeState {
  const inverters = state.inverters.map((own, n) => {
    const offer = batteryOffer.safeParse(answers.get(model.plans[n]?.battery?.id ?? '')).data;
    return offer && own.battery ? { ...own, battery: offer.state } : own;
  });
  return { ...state, inverters };
}

export function answeredStep(data: unknown): BatteryStep | undefined {
  return batteryStep.safeParse(data).data;
}

function still(state: LoadState): LoadStep<LoadState> {
  return { state, drawnJ: 0, storedJ: 0, heatJ: 0, usedJ: 0 };
}
