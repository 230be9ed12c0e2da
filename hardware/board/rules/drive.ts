/**
 * Is each coil switched hard, and does its energy find a way out? Base drive from the weakest GPIO level, flyback
 * diode across every coil the right way round, and no pin asked for more current than it gives.
 */
import { between, type Finding, ofKind, pinsOn, type Schematic } from '../netlist.ts';

/** Lowest high level of a GPIO under load: 0.8 x 3.3 V [ESP8266EX datasheet, 5.1]. */
const GPIO_HIGH_V = 2.64;
const BASE_V = 0.75;
/** Gain counted on for saturation, at most a fifth of the transistor's minimum. */
const OVERDRIVE = 5;

export interface BaseDrive {
  readonly ref: string;
  readonly baseA: number;
  readonly collectorA: number;
  readonly pinA: number;
}

/** Currents of the transistor of each relay. */
export function baseDrives(schematic: Schematic): readonly BaseDrive[] {
  return ofKind(schematic, 'relay').flatMap(({ component: relay, data }) => {
    const coil = relay.nets.A2;
    const driver = ofKind(schematic, 'npn').find(({ component }) => component.nets.C === coil);
    const base = driver?.component.nets.B;
    if (!driver || !base) return [];
    const series = ofKind(schematic, 'resistor').filter(({ component }) => {
      const on = Object.values(component.nets);
      return on.includes(base) && !on.includes('GND');
    });
    const pull = between(schematic, 'resistor', base, 'GND');
    const seriesOhm = series[0]?.data.ohm ?? Number.POSITIVE_INFINITY;
    const pinA = (GPIO_HIGH_V - BASE_V) / seriesOhm;
    const baseA = pinA - BASE_V / (pull[0]?.data.ohm ?? Number.POSITIVE_INFINITY);
    const lampA = lampsOn(schematic, coil ?? '');
    const collectorA = data.coilV / (data.coilOhm * (1 - data.coilTolerance)) + lampA;
    return [{ ref: driver.component.ref, baseA, collectorA, pinA: (3.3 - BASE_V) / seriesOhm }];
  });
}

export function drive(schematic: Schematic): readonly Finding[] {
  const findings: Finding[] = [];
  const found = (where: string, what: string) => findings.push({ rule: 'drive', where, what });
  const drives = baseDrives(schematic);
  const gpioMaxA = ofKind(schematic, 'module')[0]?.data.gpioMaxA ?? 0;
  for (const { component: relay, data } of ofKind(schematic, 'relay')) {
    const coil = relay.nets.A2 ?? '';
    const driver = ofKind(schematic, 'npn').find(({ component }) => component.nets.C === coil);
    if (!driver) {
      found(relay.ref, 'no transistor drives its coil');
      continue;
    }
    const own = drives.find((d) => d.ref === driver.component.ref);
    if (own && own.collectorA > (own.baseA * driver.data.minGain) / OVERDRIVE)
      found(own.ref, `base current of ${(own.baseA * 1000).toFixed(1)} mA does not saturate it`);
    if (own && own.pinA > gpioMaxA) found(own.ref, 'asks more of the pin than it gives');
    if (own && own.collectorA > 0.7 * driver.data.ratedA)
      found(own.ref, 'carries more than 70 % of its rating');
    const flyback = between(schematic, 'diode', coil, relay.nets.A1 ?? '').filter(
      ({ component }) => component.nets.K === relay.nets.A1,
    );
    if (!flyback.some((d) => d.data.ratedA >= data.coilV / data.coilOhm && d.data.reverseV >= 4 * data.coilV))
      found(relay.ref, 'coil has no flyback diode strong enough, cathode to its supply');
    if (pinsOn(schematic, coil).length < 3) found(coil, 'is not complete');
  }
  return findings;
}

function lampsOn(schematic: Schematic, coil: string): number {
  return ofKind(schematic, 'led')
    .filter(({ component }) => component.nets.K === coil)
    .reduce((amps, { data }) => amps + (5 - data.forwardV) / 1000, 0);
}
