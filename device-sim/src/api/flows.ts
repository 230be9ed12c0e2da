/** The powers of the last step: house bus, loads, inverters; what the books of that step missed. */
import type { RunningHome } from '../home/running-home.ts';

export function flowsOf(running: RunningHome) {
  const { flows, model, state } = running;
  return {
    at: new Date(state.nowMs).toISOString(),
    gridPowerW: flows.gridW,
    gridPhaseW: flows.gridPhaseW,
    loads: Object.fromEntries(model.loads.map(({ id }, i) => [id, flows.loadW[i] ?? 0])),
    inverters: Object.fromEntries(
      model.plans.map(({ inverter }, n) => {
        const flow = flows.inverters[n];
        return [
          inverter.id,
          {
            acPowerW: flow?.acPowerW ?? 0,
            pvDcPowerW: flow?.pvDcPowerW ?? 0,
            batteryDcPowerW: flow?.batteryDcPowerW ?? 0,
            lossW: flow?.lossW ?? 0,
          },
        ];
      }),
    ),
    weather: flows.weather,
    residualJ: flows.residualJ,
    totalsWh: Object.fromEntries(
      Object.entries(state.totals).map(([key, j]) => [key.replace(/J$/, 'Wh'), j / 3600]),
    ),
  };
}
