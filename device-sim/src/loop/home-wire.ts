/**
 * The Modbus devices of a home in virtual time: the very registers that the simulator serves over sockets, answering
 * at once, and whatever a line may do to a question on its way.
 */
import { meterFamily } from '@wattward/edge/catalogue/meters';
import type { ModbusQuestion } from '@wattward/edge/registers/conversation';
import { DeviceFailure } from '@wattward/edge/registers/device-failure';
import { gridMeterFace } from '../faces/grid-meter.ts';
import { inverterFace } from '../faces/inverter-face.ts';
import { type ModbusDevice, ModbusException } from '../faces/modbus-pdu.ts';
import type { RunningHome } from '../home/running-home.ts';

/** Carries a question on or not, and may change the answer. @throws DeviceFailure when none comes back */
export type LineFault = (
  device: 'meter' | 'inverter',
  question: ModbusQuestion,
  ask: () => readonly number[],
) => readonly number[];

export const FLAWLESS: LineFault = (_device, _question, ask) => ask();

export class HomeWire {
  readonly #meter: ModbusDevice;
  readonly #inverters: readonly ModbusDevice[];
  readonly #fault: LineFault;

  constructor(home: RunningHome, fault: LineFault) {
    const meter = home.home.objects.find((one) => one.kind === 'grid-meter');
    this.#meter = gridMeterFace(home, meterFamily(meter?.model ?? '')?.table);
    this.#inverters = home.model.plans.map((_, n) => inverterFace(home, n, 'SIM').face);
    this.#fault = fault;
  }

  /** The answer of the grid meter. @throws DeviceFailure */
  readonly askMeter = (question: ModbusQuestion): readonly number[] =>
    this.#fault('meter', question, () => answerOf(this.#meter, question));

  /** The answer of inverter `n` of the home. @throws DeviceFailure */
  askInverter(n: number, question: ModbusQuestion): readonly number[] {
    const face = this.#inverters[n];
    if (!face) throw new DeviceFailure('offline', `the home has no inverter ${n + 1}`);
    return this.#fault('inverter', question, () => answerOf(face, question));
  }
}

const NOTHING: readonly number[] = [];

function answerOf(face: ModbusDevice, question: ModbusQuestion): readonly number[] {
  try {
    if (question.ask === 'read') return face.read(question.space, question.address, question.count);
    face.write(question.address, question.words);
    return NOTHING;
  } catch (cause) {
    if (!(cause instanceof ModbusException)) throw cause;
    throw new DeviceFailure('exception', `Modbus exception ${cause.exceptionCode}`, cause);
  }
}
