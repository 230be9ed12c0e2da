/** A meter behind Modbus: its table is all there is to it. */
import type { RegisterTable } from '../registers/table.ts';
import type { Family } from './family.ts';

export interface MeterFamily extends Family {
  /** Its points are the signals: `powerW`, `phase1PowerW`, ..., `importWh`; import is +. */
  readonly table: RegisterTable;
}
