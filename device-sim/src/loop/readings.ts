/**
 * Between what the box reads of a home and what it hears: by default all of it, through registers, by the box's own
 * conversations. A scenario may change or withhold readings, a backtest may leave the registers out.
 */
import { hybridAcPower } from '@wattward/edge/catalogue/inverters/hybrid-power';
import type { SignalValues } from '@wattward/edge/registers/conversation';
import type { RunningHome } from '../home/running-home.ts';

export interface HomeReader {
  /** @param read asks the meter; null when it did not answer */
  meter(read: Read): SignalValues | null;
  /** @param read asks inverter `n`; the same function as long as the box runs */
  inverter(n: number, read: Read): SignalValues | null;
  loadPowerW(objectId: string): number | null;
}
export type Read = () => SignalValues | null;

/** The box hears what it reads. */
export function registerReader(home: RunningHome): HomeReader {
  return {
    meter: (read) => read(),
    inverter: (_, read) => read(),
    loadPowerW: (objectId) => home.loadPowerW(objectId),
  };
}

/**
 * Readings without registers, for backtests, where speed counts and nothing fails. An inverter is read once all the
 * same: the box orders none that it has not read.
 */
export function directReader(home: RunningHome): HomeReader {
  const known: Read[] = [];
  return {
    meter() {
      const { voltageV, currentA, frequencyHz } = home.quality();
      const { gridW, gridPhaseW } = home.flows;
      return {
        powerW: gridW,
        frequencyHz,
        phase1PowerW: gridPhaseW[0] ?? null,
        phase2PowerW: gridPhaseW[1] ?? null,
        phase3PowerW: gridPhaseW[2] ?? null,
        phase1CurrentA: currentA[0] ?? null,
        phase2CurrentA: currentA[1] ?? null,
        phase3CurrentA: currentA[2] ?? null,
        phase1VoltageV: voltageV[0] ?? null,
        phase2VoltageV: voltageV[1] ?? null,
        phase3VoltageV: voltageV[2] ?? null,
      };
    },
    inverter(n, read) {
      if (known[n] !== read) read();
      known[n] = read;
      const flow = home.flows.inverters[n];
      if (!flow) return null;
      const batteryW = flow.batteryDcPowerW;
      const { pvPowerW, batteryPowerW } = hybridAcPower({
        acPowerW: flow.acPowerW,
        pvDcPowerW: flow.pvDcPowerW,
        chargeDcPowerW: Math.max(0, -batteryW),
        dischargeDcPowerW: Math.max(0, batteryW),
      });
      const { voltageV, frequencyHz } = home.quality();
      return {
        pvPowerW,
        batteryPowerW,
        socPct: home.socPct(n),
        gridLostCode: home.flows.gridOn ? 0 : 1,
        frequencyHz,
        phase1VoltageV: voltageV[0] ?? null,
        phase2VoltageV: voltageV[1] ?? null,
        phase3VoltageV: voltageV[2] ?? null,
      };
    },
    loadPowerW: (objectId) => home.loadPowerW(objectId),
  };
}
