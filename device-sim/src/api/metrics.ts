/** Prometheus metrics of the home, one series an object, read from the running home at every scrape. */
import { Gauge, Registry } from 'prom-client';
import { isLoad } from '../home/schema.ts';
import type { World } from './operation.ts';

export function metricsOf({ running, siteId, clock, faults }: World): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ site: siteId });
  const gauge = (
    name: string,
    help: string,
    read: (set: (object: string, kind: string, value: number) => void) => void,
  ) => {
    new Gauge({
      name: `wattward_sim_${name}`,
      help,
      labelNames: ['object', 'kind'],
      registers: [registry],
      collect() {
        this.reset();
        read((object, kind, value) => this.set({ object, kind }, value));
      },
    });
  };
  gauge('power_watts', 'power of an object: loads and grid import +, PV and discharge +', (set) => {
    const { flows, model } = running;
    for (const object of running.home.objects) {
      if (isLoad(object)) set(object.id, object.kind, running.loadPowerW(object.id));
    }
    set(model.grid.id, 'grid', flows.gridW);
    for (const [n, plan] of model.plans.entries()) {
      const flow = flows.inverters[n];
      set(plan.inverter.id, 'inverter', flow?.acPowerW ?? 0);
      if (plan.battery) set(plan.battery.id, 'battery', flow?.batteryDcPowerW ?? 0);
      for (const [i, array] of plan.arrays.entries()) set(array.id, 'pv', flow?.pvArrayW[i] ?? 0);
    }
  });
  gauge('battery_state_of_charge_ratio', 'charge of a battery, 0 to 1', (set) => {
    for (const [n, { battery }] of running.model.plans.entries()) {
      if (battery) set(battery.id, 'battery', running.socPct(n) / 100);
    }
  });
  gauge('faults', 'faults that hold at the face of an object', (set) => {
    for (const [id, faultSet] of faults) set(id, faultSet.face, faultSet.list().length);
  });
  const whole = (name: string, help: string, read: () => number) => {
    new Gauge({
      name: `wattward_sim_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  whole('time_seconds', "the home's time, epoch", () => running.state.nowMs / 1000);
  whole('speed_ratio', 'home seconds per real second, 0 when paused', () => (clock.paused ? 0 : clock.speed));
  whole('balance_residual_joules', 'what the books of the last step missed', () => running.flows.residualJ);
  whole('grid_import_joules', 'energy taken from the grid', () => running.state.totals.gridInJ);
  whole('grid_export_joules', 'energy fed into the grid', () => running.state.totals.gridOutJ);
  return registry;
}
