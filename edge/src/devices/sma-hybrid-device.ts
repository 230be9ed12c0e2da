/**
 * An SMA hybrid inverter: readings from its own register table, its battery by the limits of its management. The
 * limits go first and in one write, the mode last: a box that dies in between leaves a device that falls back by
 * itself within its minute. It has no reserve of its own to set.
 */
import type { Readings } from '../latch/sources.ts';
import { decode, encodePoint, numbersOf } from '../registers/codec.ts';
import { hybridAcPower } from '../registers/hybrid-power.ts';
import { SMA_GRID_PUBLIC, smaBattery, smaHybrid } from '../registers/sma-hybrid.ts';
import { type SmaLimits, smaLimits } from '../registers/sma-limits.ts';
import type { StorageOrder } from '../registers/sunspec-storage.ts';
import { planBlocks } from '../registers/table.ts';
import { InverterDevice } from './inverter-device.ts';

const BLOCKS = planBlocks(smaHybrid);
/** A limit that follows the sun is not rewritten for less. */
const DEADBAND_W = 25;

export class SmaHybridDevice extends InverterDevice<SmaLimits> {
  #seen = false;

  protected async ask(): Promise<Readings> {
    const { bus, unit, clock } = this.options;
    const atMonoMs = clock.monoMs();
    const image = new Map<number, number>();
    for (const { address, count } of BLOCKS) {
      const words = await bus.read({ unit, space: smaHybrid.space, address, count });
      for (const [i, word] of words.entries()) image.set(address + i, word);
    }
    this.#seen = true;
    return { atMonoMs, values: signalsOf(numbersOf(decode(smaHybrid, image))) };
  }

  protected commandFor(order: StorageOrder): SmaLimits | null {
    return this.#seen ? smaLimits(order) : null;
  }

  protected differs(a: SmaLimits, b: SmaLimits): boolean {
    const apart = (x: number, y: number) => Math.abs(x - y) >= DEADBAND_W || (x === 0) !== (y === 0);
    return (
      a.modeCode !== b.modeCode ||
      apart(a.chargeMinW, b.chargeMinW) ||
      apart(a.chargeMaxW, b.chargeMaxW) ||
      apart(a.dischargeMinW, b.dischargeMinW) ||
      apart(a.dischargeMaxW, b.dischargeMaxW)
    );
  }

  protected async write(limits: SmaLimits): Promise<void> {
    const { bus, unit } = this.options;
    const words = (key: keyof SmaLimits) => encodePoint(smaBattery, key, limits[key]);
    const { chargeMinW, modeCode } = smaBattery.points;
    await bus.write({
      unit,
      address: chargeMinW.address,
      words: [
        ...words('chargeMinW'),
        ...words('chargeMaxW'),
        ...words('dischargeMinW'),
        ...words('dischargeMaxW'),
      ],
    });
    await bus.write({ unit, address: modeCode.address, words: words('modeCode') });
  }
}

/** Signals at the house bus beside the device's own points. */
function signalsOf(own: Record<string, number | null>): Record<string, number | null> {
  const { acPowerW = null, chargePowerW = null, dischargePowerW = null, gridConnectionCode = null } = own;
  const gridLostCode = gridConnectionCode === null ? null : Number(gridConnectionCode !== SMA_GRID_PUBLIC);
  const values = { ...own, gridLostCode };
  if (acPowerW === null || chargePowerW === null || dischargePowerW === null) {
    return { ...values, pvPowerW: null, batteryPowerW: null };
  }
  // The maker tells nothing of a dark array; an inverter that answers otherwise has none that gives.
  const pvDcPowerW = (own.pv1PowerW ?? 0) + (own.pv2PowerW ?? 0);
  const dc = { acPowerW, pvDcPowerW, chargeDcPowerW: chargePowerW, dischargeDcPowerW: dischargePowerW };
  return { ...values, ...hybridAcPower(dc) };
}
